// Keeps the list current without losing the scroll position. The server escapes; this only
// puts its answer in place of the old one.
const list = document.getElementById("list");
const refresh = async () => {
  try {
    const answer = await fetch("/", { cache: "no-store" });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById("list");
      if (next && next.innerHTML !== list.innerHTML) {
        list.replaceChildren(...next.childNodes);
        document.title = page.title;
      }
    }
  } catch {
    // The mailbox is away; the next round will tell.
  }
  setTimeout(refresh, Number(list.dataset.refresh));
};
setTimeout(refresh, Number(list.dataset.refresh));
