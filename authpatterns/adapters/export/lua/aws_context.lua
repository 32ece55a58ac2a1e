-- After the token has been checked: what it says goes to the service in the form of API Gateway, every value a string.
local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(sign) return string.format("\\u%04x", sign:byte()) end) .. '"'
end

local function as_string(value)
  if type(value) == "table" then
    local parts = {}
    for _, item in ipairs(value) do table.insert(parts, as_string(item)) end
    return "[" .. table.concat(parts, " ") .. "]"
  end
  if type(value) == "number" and value % 1 == 0 then return string.format("%.0f", value) end
  return tostring(value)
end

local function words(value)
  local found = {}
  if type(value) == "table" then
    for _, word in ipairs(value) do found[word] = true end
  else
    for word in (value or ""):gmatch("%S+") do found[word] = true end
  end
  return found
end

function envoy_on_request(handle)
  local claims = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.jwt_authn")["claims"]
  local granted, enough = words(claims["scope"] or claims["scp"]), #SCOPES == 0
  for _, scope in ipairs(SCOPES) do enough = enough or granted[scope] end
  if not enough then return handle:respond({ [":status"] = "403" }, '{"message":"Forbidden"}') end
  local pairs_of = {}
  for name, value in pairs(claims) do table.insert(pairs_of, quoted(name) .. ":" .. quoted(as_string(value))) end
  local context = '{"authorizer":{"jwt":{"claims":{' .. table.concat(pairs_of, ",") .. "}}}}"
  handle:headers():add(CONTEXT, context)
  handle:headers():add(ORIGIN_SECRET, ORIGIN_SECRET_VALUE)
end
