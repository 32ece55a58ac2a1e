-- Before the token is checked: nobody brings an identity along, and there is one credential at most.
local IDENTITY = {
  "user", "auth", "identity", "principal", "remote", "consumer", "client", "credential",
  "forwarded-user", "forwarded-email",
}

local function names_somebody(name)
  local plain = name:lower():gsub("_", "-")
  for _, word in ipairs(IDENTITY) do
    if plain:sub(1, #word + 2) == "x-" .. word then return true end
  end
  return false
end

local function cookie_named(name, line)
  for pair in (line or ""):gmatch("[^;]+") do
    local key, value = pair:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
    if key == name and value ~= "" then return value end
  end
  return nil
end

local function same_origin(headers)
  local host = headers:get(":authority")
  return host ~= nil and headers:get("origin") == "https://" .. host
end

local function safe(method)
  return method == "GET" or method == "HEAD" or method == "OPTIONS"
end

local function refuse(handle, status, error)
  local headers = { [":status"] = status, ["content-type"] = "application/json" }
  if status ~= "403" then headers["www-authenticate"] = 'Bearer error="' .. error .. '"' end
  handle:respond(headers, '{"error":"' .. error .. '"}')
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local claimed = {}
  for name, _ in pairs(headers) do
    if names_somebody(name) then table.insert(claimed, name) end
  end
  for _, name in ipairs(claimed) do headers:remove(name) end

  local method, path = headers:get(":method"), headers:get(":path"):match("^[^?]*")
  if path == "/session" and (method == "POST" or method == "DELETE") then
    if not same_origin(headers) then return refuse(handle, "403", "access_denied") end
    if method == "DELETE" then
      return handle:respond({ [":status"] = "204", ["set-cookie"] = NO_COOKIE }, "")
    end
    headers:remove("cookie")
    return
  end

  local token = cookie_named(COOKIE, headers:get("cookie"))
  headers:remove("cookie")
  local line = headers:get("authorization")  -- Envoy joins several lines with commas, which no token holds
  if line and (token or line:find(",")) then return refuse(handle, "400", "invalid_request") end
  if token == nil then return end
  if not safe(method) and not same_origin(headers) then return refuse(handle, "403", "access_denied") end
  headers:add("authorization", "Bearer " .. token)
end
