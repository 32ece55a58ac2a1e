// openid-client plays a confidential and a public relying party of our identity provider, as its documentation shows it.
// Every step that went well is printed as one line of JSON; the first that does not ends the program with an error.
import * as oidc from 'openid-client'

const [issuer, password] = process.argv.slice(2)
const callback = 'http://127.0.0.1:9/callback'
const bye = 'http://127.0.0.1:9/bye'
const say = (step, about = {}) => console.log(JSON.stringify({ step, ...about }))

// --- the person and the browser

class Browser {
  cookies = new Map()

  async go(address, form) {
    const headers = { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
    const body = form && new URLSearchParams(form)
    if (form) headers.origin = new URL(address).origin
    const answer = await fetch(address, { method: form ? 'POST' : 'GET', headers, body, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split('=')
      if (/max-age=0/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return answer
  }

  async signIn(address, username) {
    let answer = await this.go(address)
    if (answer.status === 200) {
      const page = await answer.text()
      const action = page.match(/action="([^"]+)"/)[1]
      const ticket = page.match(/name="ticket" value="([^"]+)"/)[1]
      answer = await this.go(action, { ticket, username, password })
    }
    return new URL(answer.headers.get('location'))
  }
}

// --- one relying party, from discovery to logout

async function relyingParty(name, authentication, browser) {
  const config = await oidc.discovery(new URL(issuer), name, {}, authentication, {
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  })
  say('discovery', { issuer: config.serverMetadata().issuer })

  const verifier = oidc.randomPKCECodeVerifier()
  const expected = {
    pkceCodeVerifier: verifier,
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
    maxAge: 600,
  }
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid profile',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: expected.expectedState,
    nonce: expected.expectedNonce,
    max_age: '600',
  })
  const back = await browser.signIn(address, 'alice')
  const tokens = await oidc.authorizationCodeGrant(config, back, expected)
  say('code', { client: name, sub: tokens.claims().sub, type: tokens.token_type })

  const about = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
  say('userinfo', about)

  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token)
  say('refresh', { rotated: fresh.refresh_token !== tokens.refresh_token, sub: fresh.claims().sub })
  return { config, tokens: fresh, back, expected }
}

async function refused(step, work) {
  try {
    await work()
  } catch (error) {
    say(step, { error: error.error ?? error.code, status: error.status })
    return
  }
  throw new Error(`${step}: was not refused`)
}

const browser = new Browser()
const page = await relyingParty('page', oidc.None(), browser)
const web = await relyingParty('web', oidc.ClientSecretBasic('web secret/+:'), browser)
const { config, tokens } = web

const active = async token => (await oidc.tokenIntrospection(config, token)).active
say('introspection', { active: await active(tokens.access_token), unknown: await active('unknown') })

await refused('wrong secret', async () => {
  const thief = new oidc.Configuration(config.serverMetadata(), 'web', {}, oidc.ClientSecretPost('a guess'))
  oidc.allowInsecureRequests(thief)
  await oidc.tokenRevocation(thief, tokens.refresh_token)
})

await oidc.tokenRevocation(config, tokens.access_token)
say('revocation', { active: await active(tokens.access_token) })

await refused('code replayed', () => oidc.authorizationCodeGrant(config, web.back, web.expected))
await refused('family ended', () => oidc.refreshTokenGrant(config, tokens.refresh_token))

const away = oidc.buildEndSessionUrl(config, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: bye,
  state: 'see you',
})
const left = await browser.go(away)
say('logout', { to: left.headers.get('location') })
await refused('signed out', () => oidc.refreshTokenGrant(page.config, page.tokens.refresh_token))

const silent = await browser.go(oidc.buildAuthorizationUrl(config, {
  redirect_uri: callback,
  scope: 'openid',
  code_challenge: await oidc.calculatePKCECodeChallenge('a'.repeat(43)),
  code_challenge_method: 'S256',
  prompt: 'none',
}))
await refused('prompt none', () => oidc.authorizationCodeGrant(
  config, new URL(silent.headers.get('location')), { pkceCodeVerifier: 'a'.repeat(43) },
))
