-- Before the token is checked: nobody brings along what only the gateway may say.
function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove(CONTEXT)
  headers:remove(ORIGIN_SECRET)
end
