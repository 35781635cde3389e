// What a page can do better with JavaScript; nothing needs it. The words are the page's (data-…).
document.addEventListener("htmx:sendError", () => tell("lost"));
document.addEventListener("htmx:timeout", () => tell("slow"));
document.addEventListener("htmx:beforeRequest", () => tell(""));

// After a refused form, lead to the first thing to put right.
document.addEventListener("htmx:afterSettle", (event) => {
  const wrong = event.target.querySelector?.("[aria-invalid=true], .field-error");
  wrong?.closest(".field")?.querySelector("input, select, textarea")?.focus();
});

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
