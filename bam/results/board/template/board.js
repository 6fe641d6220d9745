
// A command is copied; where the browser has no clipboard for files, it is at least selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  button.textContent = "copied";
  setTimeout(() => { button.textContent = "copy"; }, 1500);
});

// Published figures are no runs: who chooses them sees them, though only runs are shown at first.
const [state, ...others] = [...document.querySelectorAll(".tools select")].reverse();
others.forEach((menu) => menu.addEventListener("change", () => {
  if (!menu.value.endsWith("published")) return;
  state.value = "";
  state.dispatchEvent(new Event("input"));
}));
