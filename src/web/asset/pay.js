// Times of the customer's place, the time that is left to pay, and inside WeChat the payment dialog. How the payment ended
// is said by the shop.
"use strict";
const local = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
for (const moment of document.querySelectorAll("time.moment")) {
  moment.title = moment.textContent;
  moment.textContent = local.format(new Date(moment.dateTime));
}
for (const left of document.querySelectorAll("[data-left]")) {
  const end = Date.now() + Number(left.dataset.left) * 1000;
  const show = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
    const clock = parts.slice(parts[0] ? 0 : 1).map((part) => String(part).padStart(2, "0")).join(":");
    left.textContent = seconds ? `${left.dataset.label} ${clock}` : left.dataset.over;
    if (!seconds) clearInterval(timer);
  };
  const timer = setInterval(show, 1000);
  left.hidden = false;
  show();
}
const button = document.querySelector("[data-params]");
const ask = () => WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(button.dataset.params), () => {
  location.replace(location.pathname + "?asked");
});
const ready = (then) => window.WeixinJSBridge ? then() : document.addEventListener("WeixinJSBridgeReady", then, { once: true });
if (button) {
  button.addEventListener("click", () => ready(ask));
  if (location.search !== "?asked") ready(ask);
}
