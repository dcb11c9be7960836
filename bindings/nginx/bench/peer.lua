-- The checks of an access token as a site writes them in Lua, with Debian's packages.
local base64 = require("ngx.base64")
local digest = require("openssl.digest")
local json = require("cjson.safe")
local pkey = require("openssl.pkey")

-- SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point.
local SPKI = "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"

local peer, keys, issuer = {}, {}, nil

local decode = base64.decode_base64url

function peer.load(file)
  local opened = assert(io.open(file))
  local document = assert(json.decode(opened:read("*a")))
  opened:close()
  issuer = "https://" .. document.projectId:gsub("_", "-") .. ".tesseral.app"
  for _, key in ipairs(document.keys) do
    keys[key.kid] = pkey.new(SPKI .. decode(key.x) .. decode(key.y), "DER")
  end
end

-- An INTEGER in DER: without leading zeros, except for one where the first bit would otherwise mean a negative number.
local function integer(octets)
  octets = octets:gsub("^%z+", "")
  if octets == "" or octets:byte() >= 0x80 then octets = "\0" .. octets end
  return "\x02" .. string.char(#octets) .. octets
end

local function der(signature)
  local both = integer(signature:sub(1, 32)) .. integer(signature:sub(33))
  return "\x30" .. string.char(#both) .. both
end

local function good(authorization)
  local input, payload, signature = (authorization or ""):match("^Bearer ([%w_-]+%.([%w_-]+))%.([%w_-]+)$")
  if not input then return false end
  local header = json.decode(decode(input:sub(1, -#payload - 2)) or "")
  local key = header and header.alg == "ES256" and keys[header.kid]
  signature = decode(signature)
  if not key or not signature or #signature ~= 64 then return false end
  if not key:verify(der(signature), digest.new("sha256"):update(input)) then return false end
  local claims, now = json.decode(decode(payload) or ""), ngx.time()
  return claims and claims.iss == issuer and claims.aud == issuer and now <= claims.exp and now >= claims.nbf
end

function peer.check()
  if not good(ngx.var.http_authorization) then return ngx.exit(ngx.HTTP_UNAUTHORIZED) end
end

return peer
