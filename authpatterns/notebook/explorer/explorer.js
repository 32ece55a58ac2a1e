// The explorer in the browser. It knows nothing of patterns: it puts pieces of HTML where they belong, tells Python
// which control was moved to what, and sets controls to the values that Python says.

const PIECES = ["choice", "faults", "attack", "settings", "told", "bar", "shown", "beside", "code"];
const LATE = 400; // milliseconds: an answer that takes longer is waited for with a progress bar
const FOCUSABLE = "select, input, button, summary, [tabindex]"; // in Lab, a letter typed there would edit the notebook

function render({ model, el }) {
  const form = document.createElement("form");
  form.className = "authpatterns-explorer";
  const places = Object.fromEntries(PIECES.map((name) => [name, place(name)]));
  form.replaceChildren(...Object.values(places));
  el.replaceChildren(form);
  const waiting = new Set();
  let moves = 0;
  let late = 0;
  form.setAttribute("data-told", moves);

  function tell(name, value) {
    moves += 1;
    form.setAttribute("data-told", moves);
    model.send({ name, value, number: moves });
    clearTimeout(late);
    late = setTimeout(() => wait(true), LATE);
  }

  function wait(longer) {
    form.setAttribute("aria-busy", longer);
    for (const bar of form.querySelectorAll("progress")) bar.hidden = !longer;
  }

  function put(name) {
    const html = model.get(name);
    const next = document.createElement("div");
    next.innerHTML = html;
    const here = places[name];
    const pictures = [...next.querySelectorAll("img")];
    here.pending = html;
    if (pictures.length === 0) {
      swap(here, next);
    } else {
      // shown when it is ready to be painted, so that nothing flickers
      const ready = Promise.allSettled(pictures.map((picture) => picture.decode()));
      const done = ready.then(() => here.pending === html && swap(here, next)).then(() => waiting.delete(done));
      waiting.add(done);
    }
  }

  function swap(here, next) {
    const focus = here.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    const open = here.querySelector("details")?.open;
    const scroll = here.querySelector(".scroll");
    const before = scroll && [scroll.scrollLeft, scroll.scrollTop];
    for (const each of next.querySelectorAll(FOCUSABLE)) each.setAttribute("data-lm-suppress-shortcuts", "true");
    here.replaceChildren(...next.childNodes);
    if (open) here.querySelector("details").open = true;
    const fresh = here.querySelector(".scroll");
    if (before && fresh) [fresh.scrollLeft, fresh.scrollTop] = before;
    if (fresh?.dataset.mark) fresh.scrollTop = fresh.dataset.mark * fresh.scrollHeight - fresh.clientHeight / 3;
    if (focus) here.querySelector(focus)?.focus({ preventScroll: true });
    stand(here);
  }

  function stand(within) {
    const values = model.get("values");
    for (const [name, value] of Object.entries(values)) {
      for (const control of within.querySelectorAll(`[name="${name}"]`)) {
        if (control.type === "checkbox") control.checked = value;
        else if (control.type === "radio") control.checked = control.value === value;
        else if (control.value !== value) [control.value, control.told] = [value, undefined];
      }
      for (const text of within.querySelectorAll(`[data-value="${name}"]`)) text.textContent = value;
    }
    form.classList.toggle("large", values.large);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches('[type="text"], [type="number"]')) return;
    event.preventDefault();
    event.target.told = event.target.value;
    tell(event.target.name, event.target.value);
  });
  form.addEventListener("change", ({ target }) => {
    if (!target.name || target.told === target.value) return; // told when Enter was pressed
    target.told = undefined;
    tell(target.name, target.type === "checkbox" ? target.checked : target.value);
  });
  form.addEventListener("click", ({ target }) => {
    const name = target.closest("[data-do]")?.dataset.do;
    if (name) tell(name, "");
  });
  for (const name of PIECES) {
    model.on(`change:${name}`, () => put(name));
    put(name);
  }
  model.on("change:values", () => {
    if (model.get("values").heard >= moves) stand(form); // the answer to an older move would take a newer one back
  });
  model.on("change", settle);
  settle();

  function settle() {
    const { heard } = model.get("values");
    Promise.all(waiting).then(() => {
      form.setAttribute("data-settled", heard); // for whoever waits for the picture
      if (heard < moves) return;
      clearTimeout(late);
      wait(false);
    });
  }
}

function place(name) {
  const here = document.createElement("div");
  here.className = `piece piece-${name}`;
  if (name === "told") here.setAttribute("role", "status");
  return here;
}

function keyOf(element) {
  if (element.name) {
    const choice = element.type === "radio" ? `[value="${element.value}"]` : "";
    return `[name="${element.name}"]${choice}`;
  }
  if (element.dataset.do) return `[data-do="${element.dataset.do}"]`;
  if (element.tagName === "SUMMARY") return "summary";
  return element.classList.contains("scroll") ? ".scroll" : null;
}

export default { render };
