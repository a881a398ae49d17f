#pragma once

namespace simulate {

/// The page up to its data, and after it. Nothing is loaded from anywhere: a file that can be mailed.
inline constexpr const char* page_head = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lattice-simulate</title>
<style>
  :root { --ink: #1c2430; --dim: #667085; --line: #d9dee7; --blue: #2563eb; --green: #16a34a; --amber: #d97706;
          --red: #dc2626; --paper: #ffffff; --ground: #f5f7fa; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6e9ef; --dim: #98a2b3; --line: #344054; --blue: #60a5fa; --green: #4ade80; --amber: #fbbf24;
            --red: #f87171; --paper: #1a212c; --ground: #11161e; } }
  * { box-sizing: border-box; }
  body { margin: 0; font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
  main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 48px; }
  h1 { font-size: 22px; margin: 0 0 4px; }
  h2 { font-size: 16px; margin: 0 0 8px; }
  p { margin: 4px 0 16px; color: var(--dim); }
  section { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin-top: 16px; }
  .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; }
  .pair section { margin-top: 0; }
  canvas { width: 100%; display: block; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: 4px 8px; border-bottom: 1px solid var(--line); }
  th:first-child, td:first-child { text-align: left; padding-left: 0; }
  td:last-child, th:last-child { text-align: left; color: var(--dim); }
  .controls { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-top: 8px; }
  button, select { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line);
                   border-radius: 6px; padding: 4px 12px; cursor: pointer; }
  input[type=range] { flex: 1 1 160px; accent-color: var(--blue); }
  .key { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin: 0 4px 0 12px; }
  output { min-width: 84px; text-align: right; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<main>
  <h1>How a message spread</h1>
  <p id="setting"></p>
  <div class="pair">
    <section><h2>Share of nodes that have it</h2><canvas id="curve" height="320"></canvas></section>
    <section id="network-section"><h2>From node to node</h2><canvas id="network" height="320"></canvas>
      <div><span class="key" style="background:var(--blue)"></span>message
           <span class="key" style="background:var(--amber)"></span>announcement, request
           <span class="key" style="background:var(--red)"></span>lost
           <span class="key" style="background:var(--green)"></span>has it, and how it came first</div>
    </section>
  </div>
  <section id="player"><div class="controls">
    <button id="play">Play</button>
    <input id="time" type="range" min="0" max="1000" value="0" aria-label="Time">
    <output id="clock"></output>
    <select id="speed" aria-label="Speed"><option value="4">4 s</option><option value="10" selected>10 s</option>
      <option value="30">30 s</option></select></div></section>
  <section><h2>Figures</h2><table id="figures"><thead><tr><th></th><th>mean</th><th>least</th><th>most</th><th>theory</th>
    </tr></thead><tbody></tbody></table></section>
  <section><h2>Hops to each node</h2><canvas id="hops" height="200"></canvas></section>
</main>
<script type="application/json" id="data">)html";

inline constexpr const char* page_tail = R"html(</script>
<script>
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const colour = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const shown = x => x === 0 ? '0' : Math.abs(x) >= 100 ? x.toFixed(0) : Math.abs(x) >= 0.01 ? x.toPrecision(3)
                                                                                           : x.toExponential(1);
const end = data.end;
let now = end;

/// A canvas at the screen's resolution; returns its context and size in CSS pixels.
function prepare(id) {
  const canvas = byId(id), ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = Number(canvas.getAttribute('height'));
  if (!canvas.dataset.height) canvas.dataset.height = height;
  const h = Number(canvas.dataset.height);
  canvas.style.height = h + 'px';
  if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); }
  canvas.height = Math.round(h * ratio);
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, h);
  context.font = '12px system-ui, sans-serif';
  return [context, width, h];
}

function ticks(most, count) {
  const raw = most / count, power = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].map(x => x * power).find(x => x >= raw);
  const result = [];
  for (let x = 0; x <= most * 1.0001; x += step) result.push(x);
  return result;
}

function drawCurve() {
  const [c, width, height] = prepare('curve');
  const left = 44, right = width - 12, top = 10, bottom = height - 26;
  const x = t => left + (right - left) * t / end, y = share => bottom - (bottom - top) * share;
  c.strokeStyle = colour('line'); c.fillStyle = colour('dim'); c.lineWidth = 1;
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    c.beginPath(); c.moveTo(left, y(share)); c.lineTo(right, y(share)); c.stroke();
    c.textAlign = 'right'; c.fillText(100 * share + ' %', left - 6, y(share) + 4);
  }
  c.textAlign = 'center';
  for (const t of ticks(end, 6)) c.fillText(shown(t) + ' ms', Math.min(right - 16, Math.max(left + 12, x(t))), height - 6);
  c.strokeStyle = colour('blue'); c.lineWidth = 2; c.beginPath(); c.moveTo(x(0), y(0));
  let before = 0;
  for (const [t, share] of data.curve) { c.lineTo(x(t), y(before)); c.lineTo(x(t), y(share)); before = share; }
  c.lineTo(x(end), y(before)); c.stroke();
  c.strokeStyle = colour('amber'); c.lineWidth = 1; c.beginPath(); c.moveTo(x(now), top); c.lineTo(x(now), bottom); c.stroke();
}

/// The tree that the message grew: for each node, the journey that brought it there first.
const tree = new Map();
for (const journey of data.journeys) {
  const [, arrival, , to, kind] = journey, first = tree.get(to);
  if (kind < 2 && arrival >= 0 && data.got[to] > 0 && (!first || arrival < first[1])) tree.set(to, journey);
}

function drawNetwork() {
  const [c, width, height] = prepare('network');
  const radius = Math.min(width, height) / 2 - 24, cx = width / 2, cy = height / 2, n = data.nodes;
  const at = i => [cx + radius * Math.sin(2 * Math.PI * i / n), cy - radius * Math.cos(2 * Math.PI * i / n)];
  c.strokeStyle = colour('green'); c.lineWidth = 1.5; c.globalAlpha = 0.8;
  for (const [, arrival, from, to] of tree.values()) {
    if (arrival <= now) { c.beginPath(); c.moveTo(...at(from)); c.lineTo(...at(to)); c.stroke(); }
  }
  for (const [departure, arrival, from, to, kind] of data.journeys) {
    if (departure > now) continue;
    const lost = arrival < 0, over = lost ? departure + 40 : arrival;
    if (over < now - end / 60) continue;
    const [ax, ay] = at(from), [bx, by] = at(to);
    const way = lost ? Math.min(0.5, (now - departure) / 80) : Math.min(1, (now - departure) / (arrival - departure || 1));
    const isMessage = kind < 2;
    c.strokeStyle = c.fillStyle = colour(lost ? 'red' : isMessage ? 'blue' : 'amber');
    c.globalAlpha = over < now ? 0.25 : isMessage ? 0.9 : 0.45;
    c.lineWidth = isMessage ? 1.2 : 0.6;
    const px = ax + (bx - ax) * way, py = ay + (by - ay) * way;
    c.beginPath(); c.moveTo(ax, ay); c.lineTo(px, py); c.stroke();
    if (over >= now) { c.beginPath(); c.arc(px, py, isMessage ? 3.5 : 2, 0, 7); c.fill(); }
  }
  c.globalAlpha = 1;
  for (let i = 0; i < n; ++i) {
    const [x, y] = at(i), has = data.got[i] !== null && data.got[i] <= now;
    c.beginPath(); c.arc(x, y, n > 80 ? 4 : 7, 0, 7);
    c.fillStyle = has ? colour('green') : colour('paper'); c.fill();
    c.strokeStyle = has ? colour('green') : colour('dim'); c.lineWidth = 1.5; c.stroke();
    if (n <= 40) {
      c.fillStyle = colour('dim'); c.textAlign = 'center';
      c.fillText(i, cx + (radius + 16) * Math.sin(2 * Math.PI * i / n), cy - (radius + 16) * Math.cos(2 * Math.PI * i / n) + 4);
    }
  }
}

function drawHops() {
  const [c, width, height] = prepare('hops');
  const most = Math.max(1, ...data.hops), bottom = height - 22, wide = (width - 20) / data.hops.length;
  c.textAlign = 'center';
  data.hops.forEach((count, hops) => {
    const tall = (bottom - 22) * count / most;
    c.fillStyle = colour('blue'); c.fillRect(14 + wide * hops, bottom - tall, Math.max(1, wide - 6), tall);
    c.fillStyle = colour('dim'); c.fillText(hops, 14 + wide * (hops + 0.5) - 3, height - 6);
    if (count) c.fillText(count, 14 + wide * (hops + 0.5) - 3, bottom - tall - 5);
  });
}

function draw() {
  drawCurve();
  if (data.journeys.length) drawNetwork();
  byId('clock').textContent = shown(now) + ' ms';
  byId('time').value = 1000 * now / end;
}

let playing = null;
function play() {
  if (playing !== null) { cancelAnimationFrame(playing); playing = null; byId('play').textContent = 'Play'; return; }
  if (now >= end) now = 0;
  byId('play').textContent = 'Pause';
  let last = null;
  const step = stamp => {
    if (last !== null) now += (stamp - last) / 1000 * end / Number(byId('speed').value);
    last = stamp;
    if (now >= end) { now = end; draw(); playing = null; byId('play').textContent = 'Play again'; return; }
    draw();
    playing = requestAnimationFrame(step);
  };
  playing = requestAnimationFrame(step);
}

byId('setting').textContent = data.setting;
for (const figure of Object.values(data.figures)) {
  const row = byId('figures').tBodies[0].insertRow();
  const unit = figure.unit ? ' (' + figure.unit + ')' : '';
  const cells = figure.runs ? [shown(figure.mean), shown(figure.least), shown(figure.most)] : ['never', '', ''];
  for (const text of [figure.label + unit, ...cells, figure.theory]) row.insertCell().textContent = text;
}
byId('play').addEventListener('click', play);
byId('time').addEventListener('input', event => { now = end * event.target.value / 1000; draw(); });
window.addEventListener('resize', () => { draw(); drawHops(); });
if (!data.journeys.length) byId('network-section').remove();
if (location.hash.startsWith('#t=')) now = Math.min(end, Number(location.hash.slice(3)));
draw(); drawHops();
document.documentElement.dataset.tree = tree.size;
document.documentElement.dataset.ready = data.curve.length;
</script>
</body>
</html>
)html";

}  // namespace simulate
