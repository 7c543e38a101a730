// Copy buttons: any element with data-copy puts that text on the clipboard and says so for a moment.
document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    event.preventDefault();
    const done = await copy(button.dataset.copy);
    const icon = button.querySelector(".material-symbols-outlined");
    const before = "content_copy";
    icon.textContent = done ? "check" : "error";
    button.title = done ? "Copied" : "Select the text and copy it by hand";
    setTimeout(() => { icon.textContent = before; button.title = "Copy"; }, 1500);
});

// The clipboard API exists on https and localhost only; elsewhere the old way still works.
async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) {
        try { await navigator.clipboard.writeText(text); return true; } catch { /* the old way is next */ }
    }
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
}

// Pages that renew themselves rest while nobody looks at them, or while somebody is about to press a button there.
document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.detail.elt;
    if (!part.matches("[hx-trigger^=every]")) return;
    if (document.hidden || part.querySelector("button:hover, :focus-visible")) event.preventDefault();
});
