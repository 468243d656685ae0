//! Charts as text and as pictures, compared with committed files. `UPDATE_EXPECT=1` rewrites them: look at the SVG files
//! before committing what changed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::{convert::Infallible, fmt::Write as _, fs, path::PathBuf};

use agentarea_observability::{
    analysis::heatmap::{counted_grid, heatmap_from_frame, series_grid},
    base::{
        colour::Stop,
        time::{Range, Utc},
    },
    chart::{
        ApproximateMeasure, Bitmap, Ink, Mark, Palette, Point, Resolution, Scene, Size, TimeLayout as _,
        finish::{AxisFinish, Finishes, Gradient, LabelColour, Route, SeriesFinish},
        heatmap, paint, series_slots, sparkline,
        timeseries::{
            self, AxisOptions, ConnectNulls, Draw, Finish as _, Layout, Series, Side, Stacking, Threshold,
            ThresholdStyle,
        },
    },
    model::{
        dashboard::{BucketWidth, CountedBuckets},
        frame::{Column, Frame, MISSING},
        labels::Labels,
    },
};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    text_anchor::{HPos, VPos},
};

/// 2026-11-22 08:50 UTC, and six hours later.
const RANGE: Range = Range { start_ms: 1_795_337_400_000, end_ms: 1_795_359_000_000 };

/// Writes what it is asked to draw as SVG.
struct SvgBackend {
    size: (u32, u32),
    body: String,
}

impl SvgBackend {
    fn colour(color: BackendColor) -> String {
        let (r, g, b) = color.rgb;
        if color.alpha >= 1.0 {
            format!("\"#{r:02x}{g:02x}{b:02x}\"")
        } else {
            format!("\"rgba({r},{g},{b},{:.3})\"", color.alpha)
        }
    }

    fn points(path: impl IntoIterator<Item = BackendCoord>) -> String {
        path.into_iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
    }
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for SvgBackend {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(point, (point.0 + 1, point.1 + 1), &color, true)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        assert!(fill, "charts have no hollow rectangles");
        let (w, h, colour) = (to.0 - from.0, to.1 - from.1, Self::colour(style.color()));
        writeln!(self.body, "<rect x=\"{}\" y=\"{}\" width=\"{w}\" height=\"{h}\" fill={colour}/>", from.0, from.1)
            .unwrap();
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let (points, colour) = (Self::points(path), Self::colour(style.color()));
        let width = style.stroke_width();
        writeln!(
            self.body,
            "<polyline points=\"{points}\" fill=\"none\" stroke={colour} stroke-width=\"{width}\" stroke-linejoin=\"round\"/>"
        )
        .unwrap();
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let (points, colour) = (Self::points(path), Self::colour(style.color()));
        writeln!(self.body, "<polygon points=\"{points}\" fill={colour}/>").unwrap();
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, _fill: bool) -> Drawn {
        let colour = Self::colour(style.color());
        writeln!(self.body, "<circle cx=\"{}\" cy=\"{}\" r=\"{radius}\" fill={colour}/>", center.0, center.1).unwrap();
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let baseline = match style.anchor().v_pos {
            VPos::Top => "text-before-edge",
            VPos::Center => "central",
            VPos::Bottom => "text-after-edge",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        writeln!(
            self.body,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" font-family=\"{}\" text-anchor=\"{anchor}\" dominant-baseline=\"{baseline}\" fill={}>{text}</text>",
            at.0,
            at.1,
            style.size(),
            style.family().as_str(),
            Self::colour(style.color()),
        )
        .unwrap();
        Ok(())
    }
}

/// Colours like the dark theme's, fixed here so that a change of the theme is not a change of charts.
const TOKENS: &str = "text-1 #e9edf2 text-2 #aeb9c5 text-3 #8492a1 surface-0 #0d1117 surface-1 #141a22 surface-2 #1b232d \
    line #222b36 line-strong #33404e grid #1f2832 accent #5ba8ff ok #45b987 warn #e3a53c crit #f2646f info #5ba8ff \
    series-1 #5ba8ff series-2 #f0a242 series-3 #43c6a4 series-4 #d889c8 series-5 #b7c452 series-6 #939dff \
    series-7 #fb8b75 series-8 #5bc8e2 series-9 #c8a681 series-10 #9ba8b6 \
    heat-0 #141a22 heat-1 #16324a heat-2 #1c5a72 heat-3 #2f8a83 heat-4 #7cb86f heat-5 #f3d35b";

fn palette() -> Palette {
    let words: Vec<&str> = TOKENS.split_whitespace().collect();
    Palette::from_tokens(|token| words.chunks(2).find(|pair| pair[0] == token).map(|pair| pair[1].to_owned()))
}

fn svg(scenes: &[&Scene]) -> String {
    let size = scenes[0].size;
    let mut backend = SvgBackend { size: (size.width_px as u32, size.height_px as u32), body: String::new() };
    let resolution = Resolution::fine(1.0);
    for scene in scenes {
        paint(scene, &palette(), resolution, "sans-serif", &mut backend, &mut |_| false).unwrap();
    }
    let (w, h) = (size.width_px, size.height_px);
    let units = Resolution::SUBPIXELS;
    let surface = palette().colour(Ink::Surface1);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\">\n<rect width=\"{w}\" height=\"{h}\" fill=\"{surface}\"/>\n\
         <g transform=\"scale({})\">\n{}</g>\n</svg>\n",
        1.0 / f64::from(units),
        backend.body
    )
}

fn golden_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/chart").join(name)
}

fn check_file(name: &str, actual: &str) {
    let path = golden_path(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let at = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
    assert!(
        expected == actual,
        "{name} differs from line {:?}; UPDATE_EXPECT=1 rewrites it.\n{actual}",
        at.map(|line| line + 1)
    );
}

/// Compares the scene's text, and what painting it (with an overlay on top) draws.
fn check(name: &str, scene: &Scene, overlay: Option<&Scene>) {
    check_file(&format!("{name}.scene.txt"), &scene.to_string());
    let scenes: Vec<&Scene> = std::iter::once(scene).chain(overlay).collect();
    check_file(&format!("{name}.svg"), &svg(&scenes));
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn grid_ms(rows: usize) -> Vec<f64> {
    (0..rows).map(|n| RANGE.start_ms as f64 + RANGE.duration_ms() as f64 * n as f64 / (rows - 1) as f64).collect()
}

/// A daily rhythm with noise around `base`; `event` multiplies at a ratio of the range.
fn walk(seed: u64, rows: usize, base: f64, amplitude: f64, event: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut random = Random(seed);
    let mut values = Vec::with_capacity(rows);
    for n in 0..rows {
        let t = n as f64 / rows as f64;
        let wave = 1.0 + amplitude * 0.35 * (t * 6.3 - 1.0).sin();
        values.push((base * wave * event(t) + (random.next() - 0.5) * amplitude * base * 0.28).max(0.0));
    }
    values
}

fn frame_of(columns: Vec<(&str, Vec<f64>)>) -> Frame {
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    Frame {
        x_ms: grid_ms(rows.max(2)).into_iter().take(rows).collect(),
        columns: columns
            .into_iter()
            .map(|(name, values)| Column { labels: Labels::from_pairs([("service", name)]), values: values.into() })
            .collect(),
        histograms: Vec::new(),
    }
}

fn look(name: &str, slot: u8) -> Series {
    Series { name: name.to_owned(), ink: Ink::Series(slot), ..Series::default() }
}

fn looks(frame: &Frame) -> Vec<Series> {
    let slots = series_slots(frame.columns.iter().map(|c| &c.labels));
    let names = frame.columns.iter().map(|c| c.labels.get("service").unwrap_or_default());
    names.zip(slots).map(|(name, slot)| look(name, slot)).collect()
}

fn axis(unit: &str) -> AxisOptions {
    AxisOptions { unit: unit.to_owned(), ..AxisOptions::default() }
}

struct Case<'a> {
    frame: &'a Frame,
    series: &'a [Series],
    size: Size,
    left: AxisOptions,
    right: AxisOptions,
    thresholds: Vec<Threshold>,
    threshold_style: ThresholdStyle,
    finish: Option<&'a dyn timeseries::Finish>,
}

impl<'a> Case<'a> {
    fn new(frame: &'a Frame, series: &'a [Series], unit: &str) -> Self {
        Self {
            frame,
            series,
            size: Size::new(584.0, 196.0),
            left: axis(unit),
            right: AxisOptions::default(),
            thresholds: Vec::new(),
            threshold_style: ThresholdStyle::None,
            finish: None,
        }
    }

    /// With the looks that its series and its left axis ask for.
    fn finished(frame: &'a Frame, series: &'a mut [Series], unit: &str, finishes: &'a Finishes) -> Self {
        let mut left = axis(unit);
        finishes.adjust(series, [&mut left, &mut AxisOptions::default()]);
        Self { left, finish: Some(finishes), ..Self::new(frame, series, unit) }
    }

    fn layout(&self) -> Layout {
        timeseries::layout(&timeseries::Input {
            frame: self.frame,
            series: self.series,
            range: RANGE,
            time_zone: &Utc,
            size: self.size,
            dpr: 1.0,
            left: &self.left,
            right: &self.right,
            thresholds: &self.thresholds,
            threshold_style: self.threshold_style,
            finish: self.finish,
            measure: &ApproximateMeasure,
        })
    }
}

#[test]
fn requests_by_service() {
    let dip = |t: f64| if t > 0.72 && t < 0.9 { 0.6 } else { 1.0 };
    let frame = frame_of(vec![
        ("agentarea-api", walk(11, 180, 400.0, 0.35, dip)),
        ("mcp-manager", walk(12, 180, 125.0, 0.3, |_| 1.0)),
        ("frontend", walk(13, 180, 92.0, 0.3, |_| 1.0)),
    ]);
    let mut series = looks(&frame);
    series[0].fill_ratio = 0.1;
    let case = Case::new(&frame, &series, "reqps");
    let layout = case.layout();
    let hit = layout.hit(480.0, 90.0).unwrap();
    assert_eq!(hit.points.iter().map(|p| p.series).collect::<Vec<_>>(), [0, 1, 2], "largest first");
    assert!(hit.points[0].is_nearest);
    let overlay = layout.cursor_scene(Some(&hit), Some((200.0, 260.0)));
    check("requests", &layout.scene, Some(&overlay));
}

#[test]
fn limit_on_a_duration() {
    let rise = |t: f64| if t > 0.72 { 1.0 + 2.2 * ((t - 0.72) * 9.0).min(1.0) } else { 1.0 };
    let frame = frame_of(vec![("p95", walk(23, 120, 0.06, 0.5, rise)), ("p50", walk(24, 120, 0.013, 0.4, |_| 1.0))]);
    let series = [look("p95", 5), look("p50", 7)];
    let mut case = Case::new(&frame, &series, "s");
    case.size = Size::new(366.0, 152.0);
    case.thresholds = vec![
        Threshold { value: f64::NEG_INFINITY, ink: Ink::Ok, label: None },
        Threshold { value: 0.2, ink: Ink::Warn, label: Some("target 200 ms".to_owned()) },
    ];
    case.threshold_style = ThresholdStyle::DashedLine;
    check("limit", &case.layout().scene, None);
}

#[test]
fn areas_that_stand_on_each_other() {
    let mut idle = walk(6, 60, 60.0, 0.3, |_| 1.0);
    idle[30..33].fill(MISSING);
    let frame = frame_of(vec![
        ("running", walk(5, 60, 200.0, 0.12, |_| 1.0)),
        ("idle", idle),
        ("failed", walk(7, 60, 8.0, 0.5, |_| 1.0)),
    ]);
    let mut series = [look("running", 2), look("idle", 0), look("failed", 6)];
    for look in &mut series {
        (look.fill_ratio, look.line_width_px, look.stacking) = (0.75, 0.0, Stacking::Normal);
    }
    let layout = Case::new(&frame, &series, "short").layout();
    check("stacked", &layout.scene, None);
    // The tooltip tells the series' own value, the dot stands on the pile.
    let hit = layout.hit(300.0, 20.0).unwrap();
    let running = hit.points.iter().find(|p| p.series == 0).unwrap();
    let failed = hit.points.iter().find(|p| p.series == 2).unwrap();
    assert!(failed.value < 20.0 && failed.y_px < running.y_px);

    for look in &mut series {
        look.stacking = Stacking::Percent;
    }
    let layout = Case::new(&frame, &series, "short").layout();
    let axis = layout.left.clone().unwrap();
    assert_eq!(axis.ticks.last().unwrap().1, "100%");
    assert!((axis.scale.max - 100.0).abs() < 1e-9);
}

#[test]
fn gaps_and_single_points() {
    let mut values = walk(31, 48, 40.0, 0.6, |_| 1.0);
    values[10..14].fill(MISSING);
    values[20] = f64::NAN;
    values[22] = MISSING;
    values[30..40].fill(MISSING);
    values[35] = 52.0;
    let frame = frame_of(vec![("queue", values)]);
    let series = [look("queue", 1)];
    let layout = Case::new(&frame, &series, "none").layout();
    check("gaps", &layout.scene, None);
    assert!(layout.hit_ms(frame.x_ms[31]).unwrap().points.is_empty(), "nothing is invented in a gap");

    let bridged = [Series { connect_nulls: ConnectNulls::Always, ..look("queue", 1) }];
    let scene = Case::new(&frame, &bridged, "none").layout().scene.to_string();
    assert_eq!(scene.matches("\npath series-2").count(), 1);
    let step_ms = frame.x_ms[1] - frame.x_ms[0];
    let short = [Series { connect_nulls: ConnectNulls::UpToMs(step_ms * 3.0), ..look("queue", 1) }];
    let scene = Case::new(&frame, &short, "none").layout().scene.to_string();
    assert_eq!(scene.matches("\npath series-2").count(), 3, "only the long gaps remain");
    assert_eq!(scene.matches("\ndot series-2").count(), 1);
}

#[test]
fn bars_and_two_axes() {
    let frame =
        frame_of(vec![("errors", walk(41, 36, 14.0, 0.9, |_| 1.0)), ("ratio", walk(42, 36, 0.021, 0.5, |_| 1.0))]);
    let series = [
        Series { draw: Draw::Bars, fill_ratio: 0.8, ..look("errors", 6) },
        Series { side: Side::Right, ..look("ratio", 5) },
    ];
    let mut case = Case::new(&frame, &series, "short");
    case.right = axis("percentunit");
    check("bars", &case.layout().scene, None);
}

#[test]
fn steps_curves_dashes_and_bands() {
    let frame = frame_of(vec![
        ("step", walk(61, 12, 80.0, 0.5, |_| 1.0)),
        ("curve", walk(62, 12, 50.0, 0.6, |_| 1.0)),
        ("high", walk(63, 24, 24.0, 0.2, |_| 1.0).into_iter().step_by(2).collect()),
        ("low", walk(64, 24, 9.0, 0.2, |_| 1.0).into_iter().step_by(2).collect()),
    ]);
    let mut series = looks(&frame);
    series[1].fill_ratio = 0.5;
    series[2].fill_ratio = 0.25;
    let finishes = Finishes {
        axis: AxisFinish::default(),
        series: vec![
            SeriesFinish { route: Route::StepAfter, dash_px: vec![8.0, 4.0], ..SeriesFinish::default() },
            SeriesFinish {
                route: Route::Smooth,
                gradient: Gradient::Opacity,
                has_points: true,
                point_diameter_px: Some(7.0),
                ..SeriesFinish::default()
            },
            SeriesFinish { band_to: Some(3), ..SeriesFinish::default() },
            SeriesFinish::default(),
        ],
    };
    finishes.adjust(&mut series, [&mut AxisOptions::default(), &mut AxisOptions::default()]);
    let mut case = Case::new(&frame, &series, "short");
    case.finish = Some(&finishes);
    check("finish", &case.layout().scene, None);
}

#[test]
fn bars_beside_their_instants() {
    let frame = frame_of(vec![("errors", walk(41, 24, 14.0, 0.9, |_| 1.0))]);
    let edges = |alignment: i8| {
        let mut series = [Series { draw: Draw::Bars, ..look("errors", 6) }];
        let finish = SeriesFinish { bar_alignment: alignment, bar_width_ratio: Some(0.5), ..SeriesFinish::default() };
        let finishes = Finishes { axis: AxisFinish::default(), series: vec![finish] };
        finishes.adjust(&mut series, [&mut AxisOptions::default(), &mut AxisOptions::default()]);
        let layout = Case::new(&frame, &series, "short").layout();
        let rects = layout.scene.marks.iter().find_map(|mark| match mark {
            Mark::Rects { rects, .. } => Some(rects.clone()),
            _ => None,
        });
        let (rect, x_px) = (rects.unwrap()[10], layout.px_from_ms(frame.x_ms[10]));
        (rect.left - x_px, rect.right - x_px)
    };
    let width = edges(0).1 - edges(0).0;
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1.0, "{a} and {b}");
    close(edges(0).0, -width / 2.0);
    close(edges(1).0, 0.0);
    close(edges(-1).1, 0.0);
}

#[test]
fn both_signs_on_a_symmetric_logarithm() {
    let values = (0..60).map(|n| f64::from(n - 30).powi(3) / 10.0).collect();
    let frame = frame_of(vec![("change", values)]);
    let mut series = looks(&frame);
    let axis =
        AxisFinish { linear_threshold: Some(1.0), is_centred: true, is_grid_hidden: true, ..AxisFinish::default() };
    let finishes = Finishes { axis, series: Vec::new() };
    check("symlog", &Case::finished(&frame, &mut series, "short", &finishes).layout().scene, None);
}

#[test]
fn a_line_coloured_by_its_values() {
    let frame = frame_of(vec![("load", walk(71, 90, 50.0, 2.0, |_| 1.0))]);
    let mut series = [Series { fill_ratio: 0.2, line_width_px: 2.0, ..look("load", 3) }];
    let levels = vec![(f64::NEG_INFINITY, Ink::Ok), (40.0, Ink::Warn), (60.0, Ink::Crit)];
    let finishes = Finishes {
        axis: AxisFinish { has_borders: true, labels: LabelColour::Series, ..AxisFinish::default() },
        series: vec![SeriesFinish { levels, dash_px: vec![10.0, 3.0], ..SeriesFinish::default() }],
    };
    let layout = Case::finished(&frame, &mut series, "percent", &finishes).layout();
    let scale = layout.left.as_ref().unwrap().scale;
    // No colour outside the values that it is for.
    for mark in &layout.scene.marks {
        let Mark::Path { tone, points, .. } = mark else { continue };
        let within = |low: f64, high: f64| {
            points.iter().all(|p| {
                let y = f64::from(p.y);
                y <= scale.px_from_value(low) + 0.1 && y >= scale.px_from_value(high) - 0.1
            })
        };
        match tone.ink {
            Ink::Ok => assert!(within(f64::MIN, 40.0)),
            Ink::Warn => assert!(within(40.0, 60.0)),
            Ink::Crit => assert!(within(60.0, f64::MAX)),
            other => panic!("{other:?}"),
        }
    }
    check("levels", &layout.scene, None);
}

#[test]
fn lines_bars_and_dots_on_a_gradient() {
    let frame = frame_of(vec![("line", walk(71, 24, 50.0, 9.0, |_| 1.0)), ("bars", walk(5, 24, 30.0, 6.0, |_| 1.0))]);
    let names = ["line", "bars"];
    let mut series = [
        Series { fill_ratio: 0.2, line_width_px: 2.0, ..look(names[0], 3) },
        Series { fill_ratio: 0.8, draw: Draw::Bars, ..look(names[1], 1) },
    ];
    let mix = |ratio: f32| Ink::Mix { from: Stop::Ok, to: Stop::Crit, ratio };
    let levels = vec![(f64::NEG_INFINITY, mix(0.125)), (25.0, mix(0.375)), (50.0, mix(0.625)), (75.0, mix(0.875))];
    let own = SeriesFinish { levels, has_points: true, ..SeriesFinish::default() };
    let finishes = Finishes { series: vec![own.clone(), own], ..Finishes::default() };
    let layout = Case::finished(&frame, &mut series, "percent", &finishes).layout();
    let scale = layout.left.as_ref().unwrap().scale;
    // Bars are cut where the colour changes, on whole pixels; dots have the colour of where they are.
    let mut counts = [0, 0];
    for mark in &layout.scene.marks {
        let (tone, tops) = match mark {
            Mark::Rects { tone, rects } => (tone, rects.iter().map(|rect| rect.top).collect()),
            Mark::Dot { tone, center, .. } => (tone, vec![f64::from(center.y)]),
            _ => continue,
        };
        let Ink::Mix { ratio, .. } = tone.ink else { continue };
        counts[usize::from(matches!(mark, Mark::Dot { .. }))] += tops.len();
        for top in tops {
            let (low, high) = (f64::from(ratio) - 0.125, f64::from(ratio) + 0.125);
            let is_within =
                top <= scale.px_from_value(low * 100.0) + 1.0 && top >= scale.px_from_value(high * 100.0) - 1.0;
            assert!(is_within || low <= 0.0 || high >= 1.0, "{mark}");
        }
    }
    assert!(counts[0] > 24 && counts[1] == 24, "{counts:?}");
    check("gradient", &layout.scene, None);
}

#[test]
fn the_parts_of_a_blended_line_overlap() {
    let frame = frame_of(vec![("steep", vec![5.0, 95.0])]);
    let levels = vec![(f64::NEG_INFINITY, Ink::Ok), (40.0, Ink::Warn), (60.0, Ink::Crit)];
    let parts = |is_blended: bool| -> Vec<(f32, f32)> {
        let own = SeriesFinish { levels: levels.clone(), is_blended, ..SeriesFinish::default() };
        let finishes = Finishes { series: vec![own], ..Finishes::default() };
        let mut series = [look("steep", 3)];
        let scene = Case::finished(&frame, &mut series, "percent", &finishes).layout().scene;
        let ys = |mark: &Mark| match mark {
            Mark::Path { points, .. } => Some((points.first()?.y, points.last()?.y)),
            _ => None,
        };
        scene.marks.iter().filter_map(ys).collect()
    };
    // Each begins where the one below it ends, or a pixel below that.
    for (is_blended, overlap) in [(false, 0.0), (true, 1.0)] {
        let parts = parts(is_blended);
        assert_eq!(parts.len(), 3);
        for pair in parts.windows(2) {
            let [(_, end), (start, _)] = pair else { continue };
            assert!((start - end - overlap).abs() < 0.05, "{parts:?}");
        }
    }
}

#[test]
fn bounds_cut_what_lies_outside() {
    let frame = frame_of(vec![("load", walk(51, 90, 50.0, 1.4, |_| 1.0))]);
    let series = [Series { fill_ratio: 0.2, ..look("load", 3) }];
    let mut case = Case::new(&frame, &series, "percent");
    (case.left.min, case.left.max) = (Some(30.0), Some(60.0));
    case.thresholds = vec![
        Threshold { value: f64::NEG_INFINITY, ink: Ink::Ok, label: None },
        Threshold { value: 45.0, ink: Ink::Warn, label: None },
        Threshold { value: 55.0, ink: Ink::Crit, label: None },
    ];
    case.threshold_style = ThresholdStyle::Area;
    let layout = case.layout();
    assert!(layout.left.as_ref().unwrap().is_cut);
    check("bounds", &layout.scene, None);
}

#[test]
fn one_point_and_no_points() {
    let frame = frame_of(vec![("lonely", vec![MISSING, 7.0, MISSING])]);
    let series = [look("lonely", 0)];
    let layout = Case::new(&frame, &series, "none").layout();
    check("point", &layout.scene, None);

    for frame in [Frame::default(), frame_of(vec![("nothing", vec![MISSING, MISSING])])] {
        let series = looks(&frame);
        let layout = Case::new(&frame, &series, "s").layout();
        assert!(!layout.scene.to_string().contains("path"));
        assert!(layout.hit(300.0, 90.0).is_none_or(|hit| hit.points.is_empty()));
    }
}

#[test]
fn many_rows_become_what_pixels_show() {
    let mut values = walk(61, 20_000, 100.0, 0.5, |_| 1.0);
    values[12_345] = 900.0;
    let frame = frame_of(vec![("dense", values)]);
    let series = [look("dense", 0)];
    let layout = Case::new(&frame, &series, "none").layout();
    let text = layout.scene.to_string();
    let path = text.lines().find(|line| line.starts_with("path series-1")).unwrap();
    let points = path.split(' ').count() - 3;
    assert!(points <= 4 * 600, "{points} points");
    let spike_px = layout.left.as_ref().unwrap().scale.px_from_value(900.0);
    let highest = path.split(' ').skip(3).filter_map(|p| p.split_once(',')?.1.parse::<f64>().ok());
    assert!((highest.fold(f64::INFINITY, f64::min) - spike_px).abs() < 0.01, "the spike is kept");
}

#[test]
fn absurd_input_is_survived() {
    let frame = frame_of(vec![
        ("huge", vec![f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0]),
        ("tiny", vec![5e-324, 0.0, -0.0, 1e-300, MISSING, 1.0]),
    ]);
    for draw in [Draw::Line, Draw::Bars, Draw::Points] {
        for stacking in [Stacking::None, Stacking::Normal, Stacking::Percent] {
            for log_base in [None, Some(10.0), Some(0.0), Some(f64::NAN)] {
                for size in [Size::new(0.0, 0.0), Size::new(1.0, 1.0), Size::new(300.0, 100.0)] {
                    let mut series = looks(&frame);
                    for look in &mut series {
                        (look.draw, look.stacking, look.fill_ratio) = (draw, stacking, 0.5);
                    }
                    let mut case = Case::new(&frame, &series, "bytes");
                    (case.left.log_base, case.size) = (log_base, size);
                    let layout = case.layout();
                    assert!(layout.plot.right > layout.plot.left && layout.plot.bottom > layout.plot.top);
                    svg(&[&layout.scene]);
                }
            }
        }
    }
}

fn response_times() -> Frame {
    let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let columns = 72;
    let mut random = Random(3);
    let mut rows = vec![vec![0.0; columns]; bounds.len() + 1];
    for column in 0..columns {
        let t = column as f64 / columns as f64;
        let slow = if t > 0.72 { ((t - 0.72) * 8.0).min(1.0) } else { 0.0 };
        for (row, counts) in rows.iter_mut().enumerate() {
            let fast = (-(row as f64 - 3.0 - 0.5 * (t * 9.0).sin()).powi(2) / 2.2).exp() * (1.0 - slow * 0.45);
            let late = (-(row as f64 - 8.6).powi(2) / 1.2).exp() * slow * 0.75;
            counts[column] = ((fast + late) * (0.75 + random.next() * 0.3) * 2400.0 - 40.0).max(0.0).floor();
        }
    }
    for row in 1..rows.len() {
        let (below, above) = rows.split_at_mut(row);
        above[0].iter_mut().zip(&below[row - 1]).for_each(|(count, under)| *count += under);
    }
    for row in &mut rows {
        row[20..23].fill(MISSING);
    }
    let names = bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
    Frame {
        x_ms: grid_ms(columns).into(),
        columns: names
            .zip(rows)
            .map(|(le, values)| Column { labels: Labels::from_pairs([("le", le)]), values: values.into() })
            .collect(),
        histograms: Vec::new(),
    }
}

#[test]
fn response_time_heatmap() {
    let grid = heatmap_from_frame(&response_times());
    let input = heatmap::Input {
        grid: &grid,
        range: RANGE,
        time_zone: &Utc,
        size: Size::new(584.0, 244.0),
        dpr: 1.0,
        unit: "s",
        decimals: None,
        colour_scale: heatmap::ColourScale::Linear,
        colour_min: None,
        colour_max: None,
        cells: heatmap::CellLook::default(),
        measure: &ApproximateMeasure,
    };
    let layout = heatmap::layout(&input);
    let hit = layout.hit(500.0, 60.0).unwrap();
    assert!(hit.bands.windows(2).all(|pair| pair[0].band > pair[1].band), "from the top");
    assert_eq!(hit.bands.iter().filter(|band| band.is_under_pointer).count(), 1);
    check("heatmap", &layout.scene, Some(&layout.cursor_scene(Some(&hit), None)));
    let legend = layout.legend.unwrap();
    assert!(legend.min.abs() < 1e-9 && legend.max > 2000.0);

    // Finer than the pixels: nothing is lost, no cell overlaps another.
    let narrow = heatmap::layout(&heatmap::Input { size: Size::new(100.0, 80.0), ..input });
    assert!(narrow.plot.width() < 72.0);
    let logarithmic = heatmap::layout(&heatmap::Input { colour_scale: heatmap::ColourScale::Log, ..input });
    assert!(logarithmic.legend.unwrap().min >= 1.0);
    let empty = heatmap::layout(&heatmap::Input { grid: &heatmap_from_frame(&Frame::default()), ..input });
    assert!(empty.legend.is_none() && empty.hit(300.0, 100.0).is_none());

    // The lowest row on top, cells apart, small and large counts left out.
    let cells = heatmap::CellLook {
        hide_at_or_below: Some(50.0),
        hide_at_or_above: Some(1_500.0),
        gap_px: 2.0,
        is_reversed: true,
        is_scale_reversed: true,
    };
    let turned = heatmap::layout(&heatmap::Input { cells, ..input });
    let hits = [turned.hit(500.0, 12.0), turned.hit(500.0, 218.0)].map(|hit| hit.unwrap().bands);
    let pointed = hits.map(|bands| bands.iter().find(|band| band.is_under_pointer).unwrap().band);
    assert_eq!(pointed, [0, grid.rows.len() - 1]);
    let scale = turned.legend.as_ref().unwrap();
    assert!(scale.max < 1_500.0 && scale.is_reversed && scale.stops.first() == Some(&Ink::Heat(1.0)));
    check("heatmap-turned", &turned.scene, Some(&turned.cursor_scene(None, None)));
}

#[test]
fn heatmaps_of_raw_values_and_of_series() {
    let frame = frame_of(vec![
        ("first, with a name that is longer than there is room for", walk(11, 60, 40.0, 6.0, |_| 1.0)),
        ("second", walk(12, 60, 20.0, 9.0, |_| 1.0)),
    ]);
    let buckets = CountedBuckets { x: BucketWidth::Auto, y: BucketWidth::Size(10.0), log_base: None };
    let counted = counted_grid(&frame, &buckets);
    let input = heatmap::Input {
        grid: &counted,
        range: RANGE,
        time_zone: &Utc,
        size: Size::new(384.0, 164.0),
        dpr: 1.0,
        unit: "percent",
        decimals: None,
        colour_scale: heatmap::ColourScale::Log,
        colour_min: None,
        colour_max: None,
        cells: heatmap::CellLook::default(),
        measure: &ApproximateMeasure,
    };
    check("heatmap-counted", &heatmap::layout(&input).scene, None);

    // Values of either sign all have a colour, on a linear scale whatever was asked for.
    let mut signed = frame;
    for column in &mut signed.columns {
        column.values = column.values.iter().map(|value| value - 35.0).collect::<Vec<_>>().into();
    }
    let names = ["first, with a name that is longer than there is room for", "second"].map(str::to_owned).to_vec();
    let rows = series_grid(&signed, names);
    let layout = heatmap::layout(&heatmap::Input { grid: &rows, ..input });
    let legend = layout.legend.as_ref().unwrap();
    assert!(legend.min < 0.0 && legend.max > 0.0, "{legend:?}");
    assert_eq!(layout.hit(300.0, 20.0).unwrap().bands.len(), 2, "zero and less are told, too");
    check("heatmap-series", &layout.scene, None);
}

#[test]
fn trend_under_a_value() {
    let x_ms = grid_ms(60);
    let values = walk(97, 60, 10.0, 0.4, |_| 1.0);
    let input = sparkline::Input {
        x_ms: &x_ms,
        values: &values,
        range: RANGE,
        ink: Ink::Ok,
        size: Size::new(298.0, 46.0),
        dpr: 1.0,
        line_width_px: 1.5,
        fill_ratio: 0.12,
    };
    check("sparkline", &sparkline::layout(&input), None);
    let none = sparkline::layout(&sparkline::Input { values: &[MISSING; 60], ..input });
    assert!(none.marks.is_empty());
    let single = sparkline::layout(&sparkline::Input { x_ms: &x_ms[..1], values: &[3.0], ..input });
    assert_eq!(single.marks.len(), 1);
}

/// The budget is time in the browser; this guards the shape of the work: marks and vertices, not milliseconds.
#[test]
fn a_hundred_series_are_a_hundred_paths() {
    let names: Vec<String> = (0..100).map(|n| format!("s{n}")).collect();
    let columns = names.iter().map(|n| (n.as_str(), walk(n.len() as u64, 1440, 50.0, 0.5, |_| 1.0))).collect();
    let frame = frame_of(columns);
    let series = looks(&frame);
    let scene = Case::new(&frame, &series, "none").layout().scene;
    let paths = scene.to_string().lines().filter(|line| line.starts_with("path series")).count();
    assert_eq!(paths, 100);
}

#[test]
fn a_line_along_the_plots_edge_is_whole_at_every_height() {
    // By chance the edge lies between device pixels, and above or below itself in single precision.
    for tenths in 1500..1700 {
        let values =
            walk(3, 60, 0.0, 0.0, |_| 0.0).into_iter().enumerate().map(|(at, v)| if at == 30 { 1.0 } else { v });
        let frame = frame_of(vec![("errors", values.collect())]);
        let series = looks(&frame);
        let mut case = Case::new(&frame, &series, "percentunit");
        case.size = Size::new(584.0, f64::from(tenths) / 10.0);
        let scene = case.layout().scene.to_string();
        let paths: Vec<&str> = scene.lines().filter(|line| line.starts_with("path series")).collect();
        let [path] = paths.as_slice() else { panic!("height {tenths}/10: the line broke into {} parts", paths.len()) };
        let vertices = path.split(' ').filter(|word| word.contains(',')).count();
        assert_eq!(vertices, 60, "height {tenths}/10: part of the line is cut off");
    }
}

#[test]
fn many_dense_lines_are_one_bitmap_and_a_few_are_paths() {
    let blits = |line_count: usize, vertices: usize| {
        let line = |at: usize| {
            let points = (0..vertices).map(|n| Point::new(n as f64 / 4.0, 20.0 + ((n + at) % 40) as f64)).collect();
            Mark::Path { tone: Ink::Series(at as u8).opaque(), width_px: 1.5, points }
        };
        let scene = Scene { size: Size::new(600.0, 100.0), marks: (0..line_count).map(line).collect() };
        let mut backend = SvgBackend { size: (600, 100), body: String::new() };
        let mut sizes = Vec::new();
        let mut blit = |bitmap: &Bitmap| {
            assert_eq!(bitmap.rgba().len(), (bitmap.width * bitmap.height * 4) as usize);
            sizes.push((bitmap.left, bitmap.top, bitmap.width, bitmap.height));
            true
        };
        paint(&scene, &palette(), Resolution { dpr: 1.0, subpixels: 1 }, "", &mut backend, &mut blit).unwrap();
        (sizes, backend.body.matches("<polyline").count())
    };
    assert_eq!(blits(5, 2_000), (vec![(0, 19, 502, 42)], 0));
    assert_eq!(blits(3, 2_000), (Vec::new(), 3));
}
