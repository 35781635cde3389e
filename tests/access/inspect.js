// What a page shows that somebody could not hit, reach or read, at the size it has now.
(finger) => {
  const troubles = [];
  const told = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 120);
  const shrunk = (element) => element.offsetWidth <= 1 && getComputedStyle(element).clipPath !== "none";
  const unseen = new Set([...document.querySelectorAll("body *")].filter((one) => one.matches(".skip") || shrunk(one)));
  const hidden = (element) => {
    if (!element.checkVisibility({ checkVisibilityCSS: true })) return true;
    for (let around = element; around; around = around.parentElement) if (unseen.has(around)) return true;
    return false;
  };
  const room = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth > room) troubles.push(`scrolls sideways by ${document.scrollingElement.scrollWidth - room} px`);

  // Targets: a finger wide. A link in the middle of a sentence is as high as its line.
  const inSentence = (link) => {
    if (link.tagName !== "A" || getComputedStyle(link).display !== "inline") return false;
    const words = (node) => node.textContent.trim();
    return words(link.parentElement) !== words(link);
  };
  for (const target of document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")) {
    if (hidden(target) || inSentence(target)) continue;
    let box = target;
    if (["radio", "checkbox"].includes(target.type)) box = target.closest("label") ?? target;
    if (getComputedStyle(target, "::after").position === "absolute") box = target.closest("article, li") ?? target;
    const { width, height } = box.getBoundingClientRect();
    if (width < finger - .5 || height < finger - .5) troubles.push(`${Math.round(width)}×${Math.round(height)} px to hit: ${told(target)}`);
  }

  // Nothing is cut off, and nothing lies outside of the page, but what scrolls by itself.
  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  for (const element of document.querySelectorAll("body *")) {
    if (hidden(element) || element.closest("svg") || !element.textContent.trim()) continue;
    let around = element;
    while (around && !scrolls(around)) around = around.parentElement;
    if (around) continue;
    const box = element.getBoundingClientRect();
    if (box.right > room + 1 || box.left < -1) troubles.push(`outside of the page: ${told(element)}`);
    const cut = getComputedStyle(element).overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1;
    if (cut) troubles.push(`cut off: ${told(element)}`);
  }

  // Headings: one of the first level, none skipped. Landmarks: once each.
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].filter((one) => !hidden(one)).map((one) => Number(one.tagName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) troubles.push(`headings: ${levels}`);
  levels.forEach((level, place) => { if (place && level > levels[place - 1] + 1) troubles.push(`a level is skipped: ${levels}`); });
  if (document.querySelectorAll("main").length !== 1) troubles.push("not one main");
  for (const target of document.querySelectorAll("[data-hx-target]")) {
    const part = document.querySelector(target.dataset.hxTarget);
    if (!part) continue;
    if (part.tabIndex !== -1 || !part.hasAttribute("tabindex")) troubles.push(`cannot be given the focus after it came: ${told(part)}`);
    if (!part.matches("[aria-label], [aria-labelledby]")) troubles.push(`has no name to be read when it came: ${told(part)}`);
  }
  for (const bar of document.querySelectorAll(".bar")) if (bar.getAttribute("aria-hidden") !== "true") troubles.push("a bar that is read out");
  return [...new Set(troubles)];
}
