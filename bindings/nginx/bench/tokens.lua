-- For wrk: each request carries the next token of the file TOKENS, and begins anew after the last one. LIMIT: only the first so
-- many tokens; 0: all of them.
local lines, next_line, path = {}, 0, nil
local limit = tonumber(os.getenv("LIMIT") or "0")

for line in io.lines(os.getenv("TOKENS")) do
  lines[#lines + 1] = line
  if #lines == limit then break end
end

local requests = {}

function init()
  for i, token in ipairs(lines) do
    requests[i] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
  end
end

function request()
  next_line = next_line % #requests + 1
  return requests[next_line]
end

function done(summary)
  io.write(string.format("RESULT %d %d %d\n", summary.requests, summary.duration, summary.errors.status
    + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
