-- After the token has been checked: the page hands it over once, and from then on no script can read it.
local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(sign) return string.format("\\u%04x", sign:byte()) end) .. '"'
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get(":method") ~= "POST" or headers:get(":path"):match("^[^?]*") ~= "/session" then return end
  local token = headers:get("authorization"):match("^%S+%s+(%S+)%s*$")
  local claims = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.jwt_authn")["claims"]
  handle:respond(
    { [":status"] = "200", ["content-type"] = "application/json", ["set-cookie"] = string.format(NEW_COOKIE, token) },
    '{"signed_in":' .. quoted(claims["sub"]) .. "}"
  )
end
