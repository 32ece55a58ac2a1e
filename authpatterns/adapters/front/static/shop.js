// The shop's page. Each of the four programs below does what the model's front end of the same pattern does:
// the same requests, the same places to keep things, the same checks.

const config = JSON.parse(document.getElementById('config').textContent)
const say = key => config.words[key]
const here = address => {                       // a public address, as it is found on this machine
  const { origin } = new URL(address)
  return (config.local[origin] ?? origin) + address.slice(origin.length)
}
const form = fields => new URLSearchParams(fields)
const UNSEEN = { status: 503, text: '{"error":"network.refused"}' }

async function ask(address, options = {}) {
  try {
    const answer = await fetch(address, { redirect: 'manual', cache: 'no-store', ...options })
    return { status: answer.status, text: await answer.text() }
  } catch {
    return UNSEEN
  }
}

const json = answer => {
  try { return JSON.parse(answer.text) ?? {} } catch { return {} }
}
const noted = (verb, detail = '') => ask('/.page/act', { method: 'POST', body: JSON.stringify({ verb, detail }) })
const post = (path, fields = {}, headers = {}) => ask(path, { method: 'POST', body: form(fields), headers })
const everywherePath = (path, everywhere) => everywhere ? `${path}?everywhere=yes` : path

// --- tokens in Web Storage

const storage = {
  store: () => config.store === 'session' ? sessionStorage : localStorage,
  keep(answer) {
    const given = json(answer)
    for (const name of ['access_token', 'refresh_token'])
      if (answer.status === 200 && typeof given[name] === 'string') this.store().setItem(name, given[name])
    return answer
  },
  async signIn(username, password) { return this.keep(await post('/auth/sign-in', { username, password })) },
  send(method, path, body) {
    const token = this.store().getItem('access_token')
    return ask(path, { method, body, headers: headers(body, token ? { authorization: `Bearer ${token}` } : {}) })
  },
  async refresh() {
    return this.keep(await post('/auth/refresh', { refresh_token: this.store().getItem('refresh_token') ?? '' }))
  },
  signOut(everywhere) {
    const refresh_token = this.store().getItem('refresh_token') ?? ''
    this.store().clear()
    return post(everywherePath('/auth/sign-out', everywhere), { refresh_token })
  },
}

// --- the browser keeps the credential in a cookie that no script can read

const cookie = {
  signIn: (username, password) => post('/auth/sign-in', { username, password }),
  send: (method, path, body) => ask(path, { method, body, headers: headers(body) }),
  refresh: () => ask('/auth/refresh', { method: 'POST' }),
  signOut: everywhere => ask(everywherePath('/auth/sign-out', everywhere), { method: 'POST' }),
}

// --- every service is a site of its own: people follow links and fill in the provider's form

const site = {
  signIn() { location.assign('/sso/sign-in?return_to=/?done=sign-in') },
  async send(method, path, body) {
    const origin = here(originOf(path))
    if (method === 'GET' || origin !== location.origin) return location.assign(origin + path)
    return ask(path, { method, body, headers: headers(body) })
  },
  refresh() { location.assign('/sso/sign-in?silent=yes&return_to=/?done=refresh') },
  signOut(everywhere) {
    const sent = document.createElement('form')
    sent.method = 'post'
    sent.action = '/sso/sign-out'
    if (everywhere) sent.innerHTML = '<input type="hidden" name="everywhere" value="yes">'
    document.body.append(sent)
    sent.submit()
  },
}

// --- the page is a public client of the code flow with PKCE

const base64url = bytes => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))
const sha256 = async text => new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
const WAITING = ['state', 'nonce', 'verifier']

const code = {
  async metadata() {
    const known = sessionStorage.getItem('metadata')
    if (known) return JSON.parse(known)
    const answer = await ask(here(`${config.issuer}/.well-known/openid-configuration`))
    if (answer.status !== 200 || json(answer).issuer !== config.issuer) return {}
    sessionStorage.setItem('metadata', answer.text)
    return json(answer)
  },
  async go(more = {}) {
    const { authorization_endpoint } = await this.metadata()
    if (!authorization_endpoint) return UNSEEN
    for (const name of WAITING) sessionStorage.setItem(name, random())
    const wish = form({
      response_type: 'code',
      client_id: config.client.id,
      redirect_uri: config.client.redirect_uri,
      scope: config.client.scope,
      state: sessionStorage.getItem('state'),
      nonce: sessionStorage.getItem('nonce'),
      code_challenge: base64url(await sha256(sessionStorage.getItem('verifier'))),
      code_challenge_method: 'S256',
      ...more,
    })
    location.assign(`${here(authorization_endpoint)}?${wish}`)
  },
  signIn() { return this.go() },
  refresh() { return this.go({ prompt: 'none' }) },
  send: cookie.send,
  async comeBack() {
    const waiting = {}
    for (const name of WAITING) {
      waiting[name] = sessionStorage.getItem(name)
      sessionStorage.removeItem(name)
    }
    const given = Object.fromEntries(new URLSearchParams(location.search))
    history.replaceState(null, '', '/')         // the code is nobody's business any more
    if (!waiting.state || given.state !== waiting.state) return refused('sso.state')
    if (given.iss !== config.issuer) return refused('sso.issuer')
    if (!given.code) return refused(given.error ?? 'sso.no-code')
    return this.redeem(given.code, waiting)
  },
  async redeem(code, waiting) {
    const { token_endpoint } = await this.metadata()
    const answer = await post(here(token_endpoint), {
      grant_type: 'authorization_code',
      client_id: config.client.id,
      code,
      redirect_uri: config.client.redirect_uri,
      code_verifier: waiting.verifier,
    })
    const given = json(answer)
    if (answer.status !== 200 || typeof given.access_token !== 'string') return answer
    const wrong = await flaw(given, waiting.nonce)
    return wrong ? refused(wrong) : this.keep(given)
  },
  keep(given) {
    if (!config.cookie) return post('/session', {}, { authorization: `Bearer ${given.access_token}` })
    const age = Number(given.expires_in ?? 0)
    document.cookie = `${config.cookie}=${given.access_token}; Path=/; Secure; SameSite=Strict; Max-Age=${age}`
    return { status: 200, text: '{"signed_in":true}' }
  },
  async signOut(everywhere) {
    const sid = sessionStorage.getItem('sid')
    sessionStorage.removeItem('sid')
    if (config.cookie) document.cookie = `${config.cookie}=; Path=/; Secure; SameSite=Strict; Max-Age=0`
    else await ask('/session', { method: 'DELETE' })
    const { end_session_endpoint } = await this.metadata()
    if (!end_session_endpoint) return UNSEEN
    const wish = form({
      client_id: config.client.id,
      post_logout_redirect_uri: config.client.post_logout_redirect_uri,
      ...(sid ? { logout_hint: sid } : {}),
      ...(everywhere ? { everywhere: 'yes' } : {}),
    })
    location.assign(`${here(end_session_endpoint)}?${wish}`)
  },
}

// The checks of OpenID Connect Core section 3.1.3.7; the signature may be left out, because the ID token came
// straight from the provider (step 6).
async function flaw(given, nonce) {
  let claims
  try {
    const bytes = Uint8Array.from(atob(given.id_token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')),
      character => character.charCodeAt(0))
    claims = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return 'id-token.foreign'
  }
  const hash = base64url((await sha256(given.access_token)).slice(0, 16))
  if (claims.iss !== config.issuer || claims.aud !== config.client.id) return 'id-token.foreign'
  if ((claims.azp ?? config.client.id) !== config.client.id) return 'id-token.azp'
  if (!Number.isInteger(claims.exp) || claims.exp <= Date.now() / 1000) return 'id-token.expired'
  if (typeof claims.sub !== 'string' || !claims.sub) return 'id-token.sub'
  if (claims.nonce !== nonce) return 'id-token.nonce'
  if ('at_hash' in claims && claims.at_hash !== hash) return 'id-token.at-hash'
  sessionStorage.setItem('sid', claims.sid ?? '')
  return ''
}

const refused = error => ({ status: 401, text: JSON.stringify({ error }) })
const headers = (body, more = {}) => body === undefined ? more : { 'content-type': 'application/json', ...more }
const originOf = path => Object.entries(config.services).find(([prefix]) => path.startsWith(`${prefix}/`))?.[1]
  ?? config.origin

// --- what is on the page

const program = { storage, cookie, site, code }[config.kind]
const page = document.getElementById('page')

function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else made.setAttribute(key, value)
  }
  made.append(...inside)
  return made
}

const button = (text, act, attributes = {}) => element('button', { type: 'button', onclick: act, ...attributes }, text)

function show(title, answer) {
  if (!answer) return                           // the browser is on its way elsewhere
  const shown = document.getElementById('answer')
  const good = answer.status >= 200 && answer.status < 400
  const body = answer.text ? element('pre', {}, pretty(answer.text)) : ''
  const outcome = element('span', { class: `status ${good ? 'good' : 'bad'}` }, `${answer.status} ${reason(answer.status)}`)
  shown.replaceChildren(element('p', {}, element('code', {}, title), ' → ', outcome), body)
}

const pretty = text => {
  try { return JSON.stringify(JSON.parse(text), (key, value) => secret(key, value), 2) } catch { return text }
}
const secret = (key, value) => /token$/.test(key) && typeof value === 'string' ? `${value.slice(0, 12)}…` : value
const reason = status => ({
  200: 'OK', 204: 'No Content', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found',
  429: 'Too Many Requests', 500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable',
}[status] ?? '')

async function does(verb, title, act, detail = '') {
  await noted(verb, detail)
  show(title, await act())
}

function signIn() {
  const own = config.kind === 'storage' || config.kind === 'cookie'
  const name = element('input', { id: 'username', autocomplete: 'username', value: Object.keys(config.people)[0] })
  const word = element('input', { id: 'password', type: 'password', autocomplete: 'current-password' })
  word.value = config.people[name.value].password
  const who = element('select', { id: 'who', onchange: () => {
    name.value = who.value
    word.value = config.people[who.value].password
  } }, ...Object.keys(config.people).map(known => element('option', {}, known)))
  const fields = [
    element('label', {}, say('account'), who),
    element('label', {}, say('username'), name),
    element('label', {}, say('password'), word),
  ]
  const go = element('button', { class: 'main' }, say('sign-in'))
  const send = event => {
    event.preventDefault()
    does('sign-in', say('sign-in'), () => program.signIn(name.value, word.value))
  }
  const help = own ? [] : [element('p', { class: 'quiet' }, say('sign-in-elsewhere')), people()]
  return card(say('sign-in'), element('form', { class: 'row', onsubmit: send }, ...(own ? fields : []), go), ...help)
}

const people = () => element('div', { class: 'scroll' }, element('table', {},
  element('tr', {}, ...['account', 'password', 'tenant', 'roles'].map(key => element('th', {}, say(key)))),
  ...Object.entries(config.people).map(([name, about]) => element('tr', {},
    ...[name, about.password, about.tenant, about.roles.join(', ')].map(text => element('td', {}, text))))))

const ask_for = (method, path, body) =>
  does(method.toLowerCase(), `${method} ${path}`, () => program.send(method, path, body), path)

const card = (title, ...inside) => element('section', {}, element('h2', {}, title), ...inside)

const reads = () => card(say('read'), element('div', { class: 'row' },
  ...config.reads.map(path => button(path, () => ask_for('GET', path), { 'data-path': path }))))

function change() {
  const text = element('input', { id: 'gift', value: say('gift') })
  const path = '/orders/1'
  const possible = config.kind !== 'site' || here(originOf(path)) === location.origin
  const send = () => ask_for('PATCH', path, JSON.stringify({ gift_message: text.value }))
  return possible ? [card(say('change'), element('div', { class: 'row' },
    element('label', {}, `${path} gift_message`, text), button('PATCH', send)))] : []
}

const leave = () => card(say('session'), element('div', { class: 'row' },
  ...(config.renewable ? [button(say('refresh'), () => does('refresh', say('refresh'), () => program.refresh()))] : []),
  button(say('sign-out'), () => does('sign-out', say('sign-out'), () => program.signOut(false))),
  button(say('sign-out-everywhere'), () => does('sign-out', say('sign-out-everywhere'), () => program.signOut(true)))))

function sites() {
  const origins = [...new Set(Object.values(config.services))]
  if (config.kind !== 'site') return []
  return [card(say('sites'), element('div', { class: 'row' }, ...origins.map(origin =>
    element('a', { class: 'button', href: `${here(origin)}/` }, origin))))]
}

const atSite = config.kind !== 'site' || Object.values(config.services).includes(config.origin)

page.append(
  element('h1', {}, say('title')),
  element('p', { class: 'quiet' }, `${config.authn} + ${config.authz} · `, element('code', {}, config.origin), ' = ',
    element('code', {}, location.origin), ' · ', element('a', { href: config.console, target: 'flow' }, say('console'))),
  ...sites(),
  ...(atSite ? [signIn(), reads(), ...change(), leave()] : []),
  element('section', { 'aria-live': 'polite' }, element('h2', {}, say('answer')),
    element('div', { id: 'answer', class: 'quiet' }, say('nothing-yet'))),
)

const done = new URLSearchParams(location.search).get('done')
if (config.kind === 'site' && ['sign-in', 'refresh'].includes(done)) {
  history.replaceState(null, '', '/')
  show(say(done), await ask('/sso/session'))
}

const path = config.client ? new URL(config.client.redirect_uri).pathname : ''
if (config.kind === 'code' && location.pathname === path) show(say('sign-in'), await code.comeBack())
if (config.kind === 'code' && location.pathname !== '/' && location.pathname !== path) {
  history.replaceState(null, '', '/')
  show(say('sign-out'), { status: 200, text: '' })
}
