() => {
  // Changes are announced by screen readers only where the place for them was there before.
  const place = document.getElementById("seedbed-verdict");
  if (place) { place.setAttribute("aria-live", "polite"); place.setAttribute("aria-atomic", "true"); }

  // Browsers leave a comma out of a number box without a word: 1,5 would become 15.
  const isNumberBox = (box) => box instanceof HTMLInputElement && box.type === "number";
  const write = (text) => document.execCommand("insertText", false, text);
  document.addEventListener("beforeinput", (event) => {
    if (!isNumberBox(event.target) || event.inputType !== "insertText" || !event.data?.includes(",")) return;
    event.preventDefault();
    write(event.data.replaceAll(",", "."));
  });
  document.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text").trim() ?? "";
    if (!isNumberBox(event.target) || !text.includes(",")) return;
    event.preventDefault(); // what has more than one reading is not pasted at all
    if (/^[+-]?\d*,\d+([eE][+-]?\d+)?$/.test(text)) write(text.replace(",", "."));
  });
}
