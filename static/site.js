// What a page can do better with JavaScript; nothing needs it. The words are the page's (data-…).
document.addEventListener("htmx:sendError", () => tell("lost"));
document.addEventListener("htmx:timeout", () => tell("slow"));
document.addEventListener("htmx:beforeRequest", () => tell(""));

// After a refused form, lead to the first thing to put right. When what was pressed is gone from the
// page, go on reading at what took its place.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (toPutRight() || document.activeElement !== document.body) return;
  const arrived = document.getElementById(detail.target.id) ?? document.getElementById("main");
  arrived.focus({ preventScroll: true });
});
toPutRight();

function toPutRight() {
  const wrong = document.querySelector("[aria-invalid=true], .field-error");
  const input = wrong?.closest(".field")?.querySelector("input:enabled, select, textarea");
  input?.focus();
  return Boolean(input);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

function tell(what) {
  const trouble = document.getElementById("trouble");
  if (!trouble) return;
  trouble.hidden = !what;
  trouble.textContent = what ? trouble.dataset[what] : "";
}
