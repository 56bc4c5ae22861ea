// Passkeys (Web Authentication): a form's button asks the browser, and the form is sent with what that answered.
const KNOWN = window.PublicKeyCredential?.parseRequestOptionsFromJSON;

for (const button of document.querySelectorAll("[data-passkey-button]")) {
  button.hidden = !KNOWN;
  button.addEventListener("click", () => prove(button));
}

async function prove(button) {
  const error = button.form.querySelector("[data-passkey-error]");
  button.disabled = true;
  error.hidden = true;
  try {
    const credential = await ask(button.form);
    button.form.elements.credential.value = JSON.stringify(credential);
    button.form.submit();
  } catch {
    error.hidden = false;
    button.disabled = false;
  }
}

async function ask(form) {
  const { passkey, passkeyWhat } = form.dataset;
  const answer = await fetch(passkey, { method: "POST", body: new FormData(form) });
  // Asked to show first that it is oneself, or signed out meanwhile.
  if (answer.redirected) location.assign(answer.url);
  const options = await answer.json();
  if (passkeyWhat === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}
