// The phantom token at the door: an opaque token comes in, the JWT it stands for goes on.
const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

async function trade(r) {
  if (!plain(r.variables.request_uri.split('?')[0])) return refuse(r, 400, 'invalid_request');
  const found = credentials(r);
  if (found.all.length > 1) return refuse(r, 400, 'invalid_request');
  if (!found.all.length) return refuse(r, 401, 'unauthorized');
  if (found.cookie && !SAFE.includes(r.method) && r.headersIn.Origin !== 'https://' + r.headersIn.Host) {
    return refuse(r, 403, 'access_denied');
  }
  const about = await introspect(r, found.all[0]);
  if (!about) return refuse(r, 503, 'temporarily_unavailable');
  if (about.active !== true) return refuse(r, 401, 'invalid_token');
  if (typeof about.jwt !== 'string' || typeof about.exp !== 'number') return refuse(r, 503, 'temporarily_unavailable');
  r.variables.inner_jwt = about.jwt;
  return r.internalRedirect('@' + r.variables.service);
}

// One reading only: what the gateway and a service could read in two ways goes no further.
function plain(path) {
  if (path === '/') return true;
  const parts = path.split('/').slice(1);
  return !/[%\\;]/.test(path) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

function credentials(r) {
  const lines = r.rawHeadersIn.filter((line) => line[0].toLowerCase() === 'authorization').map((line) => line[1]);
  const all = lines.map((line) => (/^bearer +([\x21-\x7e]+) *$/i.exec(line) || [])[1] || '');
  const cookie = COOKIE && cookieNamed(COOKIE, r.headersIn.Cookie || '');
  if (cookie) all.push(cookie);
  return { all: all.length === 1 && !all[0] ? [] : all, cookie: cookie };
}

function cookieNamed(name, line) {
  const pairs = line.split(';').map((pair) => pair.trim());
  const mine = pairs.find((pair) => pair.startsWith(name + '='));
  return mine ? mine.slice(name.length + 1) : '';
}

// Undefined where the auth service does not answer in a way that can be used: nothing is known, nothing is allowed.
async function introspect(r, token) {
  const hash = require('crypto').createHash('sha256');
  r.variables.token_hash = hash.update(token).digest('hex');
  const remembered = await ask(r, token, REMEMBER ? '/_remembered' : '/_fresh');
  const dying = remembered && remembered.active === true && remembered.exp - ON_THE_WAY <= Date.now() / 1000;
  return REMEMBER && dying ? ask(r, token, '/_fresh') : remembered;
}

async function ask(r, token, where) {
  const options = { method: 'POST', body: 'token=' + encodeURIComponent(token) };
  const answer = await r.subrequest(where, options);
  if (answer.status !== 200) return undefined;
  try {
    return JSON.parse(answer.responseText);
  } catch (flaw) {
    return undefined;
  }
}

function refuse(r, status, error) {
  r.headersOut['Content-Type'] = 'application/json';
  if (status === 401 && error === 'unauthorized') r.headersOut['WWW-Authenticate'] = 'Bearer';
  else if (status === 400 || status === 401) r.headersOut['WWW-Authenticate'] = 'Bearer error="' + error + '"';
  r.return(status, JSON.stringify({ error: error }));
}

export default { trade };
