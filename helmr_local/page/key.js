// The API key: from the link's fragment into this tab's storage. It is in no URL that a server sees.

const NAME = "helmr-api-key";

/** Take the key out of the address bar, if the page was opened by its link. Whether there was one. */
export function takeFromAddress() {
  const found = /^#key=([^&]*)/.exec(location.hash);
  if (!found) return false;
  let key = found[1];
  try {
    key = decodeURIComponent(key);
  } catch {
    // A key has no escapes: as it stands.
  }
  history.replaceState(null, "", location.pathname);
  keep(key);
  return true;
}

export const keep = (key) => sessionStorage.setItem(NAME, key.trim());
export const forget = () => sessionStorage.removeItem(NAME);
export const current = () => sessionStorage.getItem(NAME);
