// Inside WeChat, the page asks WeChat for the payment; how it ended is said by the shop, not here.
"use strict";
const button = document.getElementById("pay");
const ask = () => WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(button.dataset.params), () => {
  location.replace(location.pathname + "?asked");
});
const ready = (then) => window.WeixinJSBridge ? then() : document.addEventListener("WeixinJSBridgeReady", then, { once: true });
button.addEventListener("click", () => ready(ask));
if (location.search !== "?asked") ready(ask);
