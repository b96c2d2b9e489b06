// Issuing takes a moment (签发需要片刻): the button says so and cannot be pressed twice. The server would not mind.

for (const form of document.querySelectorAll('form[method="post"].panel')) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll('button[type="submit"]')) button.setAttribute("aria-disabled", "true");
    form.addEventListener("submit", (event) => event.preventDefault());
  });
}
document.getElementById("errors")?.focus();
