// The plots of the last 15 minutes. The samples are read again every five seconds while the page is visible.
"use strict";
(() => {
  const place = document.getElementById("plots");
  if (!place) return;
  const names = ["rate", "p99", "depth", "orders", "pending"];
  const colours = ["#1d5fbf", "#0b6b4f", "#b42318", "#855700", "#7b4fc9", "#00808a", "#c2418b", "#5b6775", "#3f8f29",
    "#d06a00", "#3d56c5", "#8a6d3b"];
  const ink = () => getComputedStyle(document.body).color;
  const plots = new Map();

  const draw = (name, samples) => {
    const data = [samples.at, ...samples[name].map((series) => series.values)];
    const known = plots.get(name);
    if (known) return known.setData(data);
    const box = place.appendChild(document.createElement("div"));
    const axis = { stroke: ink, grid: { stroke: "#7a869433" }, ticks: { stroke: "#7a869433" } };
    const options = {
      title: place.dataset[name], width: box.clientWidth || 400, height: 220, axes: [axis, axis],
      scales: { y: { range: (_, low, high) => [0, Math.max(high, 1)] } },
      series: [{}, ...samples[name].map((series, at) =>
        ({ label: series.name, stroke: colours[at % colours.length], width: 1.5 }))],
    };
    const plot = new uPlot(options, data, box);
    plots.set(name, plot);
    new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 220 })).observe(box);
  };

  const read = async () => {
    if (document.hidden) return;
    const answer = await fetch(place.dataset.samples, { headers: { accept: "application/json" } });
    if (!answer.ok || !(answer.headers.get("content-type") || "").startsWith("application/json")) return;
    const samples = await answer.json();
    if (samples.at.length) names.forEach((name) => draw(name, samples));
  };
  read();
  setInterval(read, 5000);
})();
