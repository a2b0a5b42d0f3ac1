// The API key. It is read from the fragment of the link and kept in this tab's storage, so no URL sent to a server
// contains it.

const NAME = "helmr-api-key";

/** Move the key from the address bar to the storage, if there is one. Return whether there was one. */
export function takeFromAddress() {
  const found = /^#key=([^&]*)/.exec(location.hash);
  if (!found) return false;
  let key = found[1];
  try {
    key = decodeURIComponent(key);
  } catch {
    // The key has no valid escapes, so it is used verbatim.
  }
  history.replaceState(null, "", location.pathname);
  keep(key);
  return true;
}

export const keep = (key) => sessionStorage.setItem(NAME, key.trim());
export const forget = () => sessionStorage.removeItem(NAME);
export const current = () => sessionStorage.getItem(NAME);
