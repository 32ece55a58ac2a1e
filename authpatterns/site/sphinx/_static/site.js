// What scrolls sideways can be reached by keyboard; what does not is no stop on the way.
const reachable = () => {
  for (const box of document.querySelectorAll("pre, .output, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("load", reachable);
addEventListener("resize", reachable);

// The theme has two sidebars without names.
addEventListener("DOMContentLoaded", () => {
  const names = document.querySelector(".sidebar-twin").dataset;
  document.querySelector("aside.sidebar-drawer")?.setAttribute("aria-label", names.pages);
  document.querySelector("aside.toc-drawer")?.setAttribute("aria-label", names.headings);
});
