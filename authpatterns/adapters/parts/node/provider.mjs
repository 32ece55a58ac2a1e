// oidc-provider with the accounts, clients and lifetimes of a deployment, on loopback, behind the name that browsers know.
// What is configured here is said in one JSON file, which the deployment writes.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import Provider from 'oidc-provider'

const [file, port] = process.argv.slice(2)
const { issuer, key, clients, people, audience, lifetimes } = JSON.parse(readFileSync(file, 'utf8'))
const SCOPES = ['openid', 'profile', 'offline_access']

const about = name => ({ sub: name, tenant: people[name]?.tenant, roles: people[name]?.roles })

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients,
  scopes: SCOPES,
  claims: { openid: ['sub'], profile: ['tenant', 'roles'] },
  conformIdTokenClaims: false,                  // what the scopes give stands in the ID token itself, too
  pkce: { required: () => true },
  rotateRefreshToken: true,
  cookies: { keys: ['a demonstration key, not for real use'] },
  // It refuses to call special addresses (SSRF), and here everything stands at one.
  fetch: (address, { dispatcher, ...options } = {}) => fetch(address, options),
  findAccount: (context, name) => name in people ? { accountId: name, claims: async () => about(name) } : undefined,
  extraTokenClaims: (context, token) => token.accountId ? about(token.accountId) : {},
  // The clients are the shop's own, so nobody is asked for consent.
  loadExistingGrant: async context => {
    const { client, session } = context.oidc
    const known = session.grantIdFor(client.clientId)
    if (known) return provider.Grant.find(known)
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
    grant.addOIDCScope(SCOPES.join(' '))
    grant.addResourceScope(audience, SCOPES.join(' '))
    await grant.save()
    return grant
  },
  interactions: { url: (context, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: (context, client) => client.tokenEndpointAuthMethod !== 'none' },
    revocation: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: askBeforeLogout },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: SCOPES.join(' '),
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: lifetimes.token,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  clientBasedCORS: (context, origin, client) => client.redirectUris.some(address => new URL(address).origin === origin),
  ttl: {
    AccessToken: lifetimes.token, IdToken: lifetimes.token, AuthorizationCode: 60, Interaction: 600,
    Session: lifetimes.session, Grant: lifetimes.session, RefreshToken: lifetimes.session,
  },
})

// --- pages

const page = content => `<!doctype html><html lang="en"><meta charset="utf-8"><title>oidc-provider</title>${content}`
const escaped = text => text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)

function signIn(uid, client, failed) {
  return page(`<h1>Sign in</h1><p>${escaped(client)}</p>${failed ? '<p role="alert">Wrong.</p>' : ''}
<form method="post" action="${issuer}/interaction/${uid}">
<label>User name <input name="username" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button></form>`)
}

async function askBeforeLogout(context, form) {
  context.body = page(`<h1>Sign out?</h1>${form.replace('<form ', '<form ')
    .replace('</form>', '<input type="hidden" name="logout" value="yes"><button>Sign out</button></form>')}`)
}

async function body(request) {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > 10_000) throw new Error('too large')
  }
  return new URLSearchParams(text)
}

async function interact(request, response) {
  const { uid, params } = await provider.interactionDetails(request, response)
  response.setHeader('content-type', 'text/html; charset=utf-8')
  if (request.method === 'GET') return response.end(signIn(uid, params.client_id))
  const form = await body(request)
  const name = form.get('username') ?? ''
  if (!Object.hasOwn(people, name) || people[name].password !== form.get('password')) {
    response.statusCode = 401
    return response.end(signIn(uid, params.client_id, true))
  }
  await provider.interactionFinished(request, response, { login: { accountId: name } })
}

// --- the server: what a proxy that ends TLS would say is said here

provider.proxy = true
const answer = provider.callback()
const { host } = new URL(issuer)

http.createServer((request, response) => {
  request.headers.host = host
  request.headers['x-forwarded-proto'] = 'https'
  const own = request.url.startsWith('/interaction/') && request.url.split('/').length === 3
  const work = own ? interact(request, response) : answer(request, response)
  Promise.resolve(work).catch(error => {
    console.error(error.message)
    if (!response.headersSent) response.statusCode = 400
    response.end()
  })
}).listen(Number(port), '127.0.0.1')
