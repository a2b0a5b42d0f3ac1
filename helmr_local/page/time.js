// Formats times and durations.

/** Convert a time of the API to milliseconds since the epoch; NaN if there is none. */
export const at = (time) => (time ? Date.parse(time) : NaN);

export function duration(milliseconds) {
  if (!(milliseconds >= 0)) return "";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

const pad = (number, width = 2) => String(number).padStart(width, "0");

/** Format a time of day, with the date unless it is today. */
export function moment(time, milliseconds = false) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  const precise = milliseconds ? `${clock}.${pad(date.getMilliseconds(), 3)}` : clock;
  if (date.toDateString() === new Date().toDateString()) return precise;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${precise}`;
}
