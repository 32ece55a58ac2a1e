-- Before the token is checked: nobody brings along what only the gateway may say.
function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove(CONTEXT)
  headers:remove(ORIGIN_SECRET)
  if headers:getNumValues("authorization") > 1 then
    handle:respond({ [":status"] = "401", ["www-authenticate"] = "Bearer" }, '{"message":"Unauthorized"}')
  end
end
