-- For wrk with one connection: it asks for the URL's path and the path OTHER alternately, so that other programs delay both alike.
-- Each token of the file TOKENS (LIMIT: of the first so many; 0: of all) goes to both paths. Prints the 99th percentile of each.
local ffi = require("ffi")

ffi.cdef [[
  struct timespec { long tv_sec; long tv_nsec; };
  int clock_gettime(int clock, struct timespec *now);
]]

local CLOCK_MONOTONIC = 1
local time = ffi.new("struct timespec")
local requests, turn, start, kind = {}, 0, 0, 1
local thread

-- Globals of wrk's thread, so that done(), which runs in another Lua state, can copy them.
url_took, other_took, failed = {}, {}, 0
local took = { url_took, other_took }

local function microseconds()
  ffi.C.clock_gettime(CLOCK_MONOTONIC, time)
  return tonumber(time.tv_sec) * 1e6 + tonumber(time.tv_nsec) / 1e3
end

function setup(only)
  thread = only
end

function init()
  local limit = tonumber(os.getenv("LIMIT"))
  for token in io.lines(os.getenv("TOKENS")) do
    local headers = { ["Authorization"] = "Bearer " .. token }
    requests[#requests + 1] = { wrk.format("GET", nil, headers), wrk.format("GET", os.getenv("OTHER"), headers) }
    if #requests == limit then break end
  end
end

-- Which path comes first alternates, too: 1 2, 2 1, 1 2, …
function request()
  local pair = math.floor(turn / 2)
  kind = (turn + pair) % 2 + 1
  turn = turn + 1
  start = microseconds()
  return requests[pair % #requests + 1][kind]
end

function response(status)
  local all = took[kind]
  all[#all + 1] = microseconds() - start
  if status ~= 200 then failed = failed + 1 end
end

local function percentile(all)
  table.sort(all)
  return all[math.ceil(#all * 0.99)]
end

function done(summary)
  local errors = summary.errors
  io.write(string.format("RESULT %d %.1f %.1f %d\n", summary.requests, percentile(thread:get("url_took")),
    percentile(thread:get("other_took")), thread:get("failed") + errors.connect + errors.read + errors.timeout))
end
