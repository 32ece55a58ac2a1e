// Asks for what has flowed since, and shows the pictures that the server draws from it.

const lang = document.documentElement.lang
const scope = document.getElementById('scope')
let version = ''

function put(id, drawn) {
  const place = document.getElementById(id)
  if (!drawn.svg) {
    const text = document.createElement('pre')
    text.textContent = drawn.text
    place.replaceChildren(text)
    return
  }
  const picture = document.createElement('img')
  picture.alt = drawn.text
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn.svg)}`
  place.replaceChildren(picture)
}

async function look() {
  try {
    const answer = await fetch(`/live?lang=${lang}&acts=${scope.value}&seen=${version}`, { cache: 'no-store' })
    if (answer.status === 200) {
      const drawn = await answer.json()
      version = drawn.version
      put('sequence', drawn.sequence)
      put('topology', drawn.topology)
      document.getElementById('text').textContent = drawn.sequence.text
    }
  } catch {
    // the server is gone; what was seen last stays
  }
  setTimeout(look, document.hidden ? 3000 : 700)
}

scope.addEventListener('change', () => { version = '' })
look()
