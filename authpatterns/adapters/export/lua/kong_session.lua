-- After the token has been checked: the page hands it over once, and from then on no script can read it.
local host = kong.request.get_header("host") or ""
if kong.request.get_header("origin") ~= "https://" .. host then
  return kong.response.exit(403, { error = "access_denied" })
end
if kong.request.get_method() == "DELETE" then
  return kong.response.exit(204, nil, { ["set-cookie"] = NO_COOKIE })
end
local token = (kong.request.get_header("authorization") or ""):match("^%S+%s+(%S+)%s*$")
return kong.response.exit(200, { signed_in = true }, { ["set-cookie"] = string.format(NEW_COOKIE, token or "") })
