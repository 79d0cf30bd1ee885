// Buttons that copy a link: data-copy names the field that holds it. The clipboard of navigator asks for TLS, this does not.
document.addEventListener("click", ({ target }) => {
  const field = document.getElementById(target.dataset.copy);
  field?.select();
  if (field && document.execCommand("copy")) target.textContent = "Copied";
});
