//! The plot: orders per second as bars, with the ratios of the contestants, as an SVG file for light and dark themes.

use std::fmt::Write;
use std::path::Path;

use super::contest::Results;
use super::sample::Contestant;

const WIDTH: usize = 960;
const LEFT: usize = 410;
const BAR: usize = 22;
const STEP: usize = 34;
const TOP: usize = 48;
/// Space to the right of the longest bar, for its figures.
const RIGHT: usize = 190;
/// Characters per line of the small print.
const SMALL_PRINT: usize = 140;

const STYLE: &str = "text{font:14px system-ui,sans-serif;fill:#1f2328}.head{font-weight:600;font-size:16px}\
    .small{font-size:12px;fill:#59636e}.other{fill:#8c959f}.ours{fill:#0969da}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.small{fill:#9198a1}.other{fill:#656c76}.ours{fill:#4493f8}}";

/// Writes the plot to `path`, unless there are no results. Of the pgbench contestants only the best are shown.
pub fn write(path: &Path, results: &Results, setting: &str) {
    let bars: Vec<(Contestant, f64)> = bars(results);
    let Some(longest) = bars.iter().map(|(_, rate)| *rate).max_by(f64::total_cmp) else { return };
    let lines = wrapped(setting);
    let height = TOP + bars.len() * STEP + 16 + lines.len() * 16 + 8;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\"><title>Orders a second</title><style>{STYLE}</style>\n\
         <text class=\"head\" x=\"12\" y=\"28\">Orders a second, durable</text>\n"
    );
    for (at, (contestant, rate)) in bars.iter().enumerate() {
        let y = TOP + at * STEP;
        let length = (rate / longest * (WIDTH - LEFT - RIGHT) as f64).max(1.0);
        let class = if matches!(contestant, Contestant::Shop { .. }) { "ours" } else { "other" };
        let (middle, end) = (y + BAR / 2 + 5, LEFT as f64 + length + 8.0);
        let ratio = short(&results.ratio(*contestant));
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{contestant}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"3\"/>\
             <text x=\"{end:.1}\" y=\"{middle}\">{rate:.0}<tspan class=\"small\" dx=\"8\">{ratio}</tspan></text>",
            LEFT - 10
        )
        .unwrap();
    }
    for (at, line) in lines.iter().enumerate() {
        let y = TOP + bars.len() * STEP + 16 + at * 16;
        writeln!(svg, "<text class=\"small\" x=\"12\" y=\"{y}\">{line}</text>").unwrap();
    }
    svg.push_str("</svg>\n");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, svg).unwrap();
    println!("\nplot: {}", path.display());
}

fn bars(results: &Results) -> Vec<(Contestant, f64)> {
    let best = results.best_clients();
    let all = results.0.iter().map(|(contestant, _)| *contestant);
    let shown = all.filter(|it| !matches!(it, Contestant::Pgbench { .. }) || best.contains(it));
    shown.filter_map(|contestant| Some((contestant, results.rate(contestant)?))).collect()
}

/// The ratios, shortened to fit beside a bar.
fn short(ratio: &str) -> String {
    ratio.replace(" x ", "× ").replace(" at its best", "")
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        if lines[lines.len() - 1].len() + word.len() >= SMALL_PRINT {
            lines.push(String::new());
        }
        let line = lines.last_mut().unwrap();
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(word);
    }
    lines
}
