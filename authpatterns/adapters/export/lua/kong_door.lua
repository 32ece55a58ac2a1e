-- Before any plugin looks: the token comes out of its cookie, and the cookie goes no further.
local cookie = kong.request.get_header("cookie") or ""
local token
for pair in cookie:gmatch("[^;]+") do
  local key, value = pair:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
  if key == COOKIE and value ~= "" then token = value end
end
if token then
  local method, host = kong.request.get_method(), kong.request.get_header("host") or ""
  local safe = method == "GET" or method == "HEAD" or method == "OPTIONS" or method == "TRACE"
  if kong.request.get_header("authorization") then
    return kong.response.exit(400, { error = "invalid_request" })
  end
  if not safe and kong.request.get_header("origin") ~= "https://" .. host then
    return kong.response.exit(403, { error = "access_denied" })
  end
  kong.service.request.set_header("authorization", "Bearer " .. token)
end
kong.service.request.clear_header("cookie")
