/* Digits that look written by hand, without any file.
 *
 * A digit is one of a few ways to write it, given as pen strokes through control points. Every example moves
 * the points a little, bends the plane smoothly, slants and stretches it, and follows the strokes with a pen
 * whose width varies. The result is scaled and centred as MNIST's digits are: into 20 x 20 pixels, with the
 * centre of mass in the middle. */
#include "data/images.h"

#include "base/math.h"
#include "base/random.h"

#include <assert.h>
#include <math.h>

enum { SIDE = 28, GLYPH_POINTS = 16, SPAN_STEPS = 6, PATH_POINTS = GLYPH_POINTS * SPAN_STEPS };

/* How the pen arrives at a control point. DOWN starts a stroke; at a TURN the stroke has a corner. */
typedef enum pen { END, DOWN, BY, TURN } pen;

typedef struct control {
  int8_t x, y; /* 0..100 from left to right and from top to bottom */
  uint8_t pen;
} control;

typedef struct glyph {
  uint8_t digit, weight; /* the weights of a digit's glyphs add up to 100 */
  control points[GLYPH_POINTS + 1];
} glyph;

/* clang-format off */
static const glyph GLYPHS[] = {
    /* closed at the top left; starting at the right with an overlap; narrow; with an open top */
    {0, 40, {{50, 0, DOWN}, {20, 18, BY}, {8, 56, BY}, {26, 92, BY}, {56, 98, BY}, {86, 68, BY},
             {86, 30, BY}, {66, 4, BY}, {42, 2, BY}}},
    {0, 25, {{70, 10, DOWN}, {42, 2, BY}, {12, 36, BY}, {14, 80, BY}, {46, 100, BY}, {82, 74, BY},
             {90, 32, BY}, {68, 4, BY}, {44, 12, BY}}},
    {0, 20, {{58, 0, DOWN}, {34, 24, BY}, {26, 64, BY}, {38, 98, BY}, {62, 86, BY}, {72, 44, BY},
             {66, 10, BY}, {54, 0, BY}}},
    {0, 15, {{36, 6, DOWN}, {12, 34, BY}, {10, 74, BY}, {38, 100, BY}, {76, 88, BY}, {92, 48, BY},
             {80, 12, BY}, {56, 0, BY}}},
    /* a bare stroke; bent; with a flag; with flag and foot */
    {1, 50, {{50, 0, DOWN}, {50, 50, BY}, {50, 100, BY}}},
    {1, 18, {{54, 0, DOWN}, {47, 34, BY}, {49, 70, BY}, {54, 100, BY}}},
    {1, 20, {{32, 24, DOWN}, {44, 12, BY}, {53, 0, TURN}, {51, 50, BY}, {50, 100, BY}}},
    {1, 12, {{28, 24, DOWN}, {52, 0, TURN}, {51, 50, BY}, {50, 98, BY}, {22, 99, DOWN}, {50, 98, BY},
             {80, 97, BY}}},
    /* sharp heel; looped heel; round heel; wide with a hooked start */
    {2, 32, {{14, 24, DOWN}, {36, 2, BY}, {68, 6, BY}, {76, 34, BY}, {52, 66, BY}, {12, 96, TURN},
             {46, 95, BY}, {88, 93, BY}}},
    {2, 30, {{14, 22, DOWN}, {42, 0, BY}, {74, 14, BY}, {68, 48, BY}, {40, 84, BY}, {16, 96, BY},
             {10, 80, BY}, {28, 72, BY}, {56, 88, BY}, {92, 94, BY}}},
    {2, 20, {{20, 12, DOWN}, {52, 0, BY}, {76, 20, BY}, {62, 52, BY}, {28, 80, BY}, {24, 94, BY},
             {52, 94, BY}, {86, 86, BY}}},
    {2, 18, {{24, 34, DOWN}, {14, 18, BY}, {36, 2, BY}, {72, 4, BY}, {84, 28, BY}, {58, 60, BY},
             {6, 92, TURN}, {50, 88, BY}, {96, 98, BY}}},
    /* two bows; looped waist; flat top; long tail */
    {3, 40, {{16, 14, DOWN}, {44, 0, BY}, {74, 14, BY}, {68, 38, BY}, {40, 48, TURN}, {74, 58, BY},
             {82, 80, BY}, {54, 99, BY}, {14, 90, BY}}},
    {3, 25, {{18, 10, DOWN}, {52, 0, BY}, {76, 20, BY}, {56, 42, BY}, {36, 50, BY}, {40, 42, BY},
             {70, 54, BY}, {80, 78, BY}, {50, 100, BY}, {10, 88, BY}}},
    {3, 15, {{16, 4, DOWN}, {46, 3, BY}, {78, 3, TURN}, {42, 42, TURN}, {76, 56, BY}, {80, 84, BY},
             {48, 100, BY}, {14, 90, BY}}},
    {3, 20, {{26, 8, DOWN}, {60, 0, BY}, {74, 20, BY}, {44, 46, TURN}, {72, 56, BY}, {74, 80, BY},
             {44, 98, BY}, {8, 96, BY}, {4, 86, BY}}},
    /* open; open with a round elbow; closed; in one stroke */
    {4, 36, {{22, 2, DOWN}, {18, 26, BY}, {14, 52, TURN}, {46, 52, BY}, {84, 46, BY}, {78, 0, DOWN},
             {73, 50, BY}, {68, 100, BY}}},
    {4, 26, {{18, 4, DOWN}, {14, 36, BY}, {30, 54, BY}, {60, 48, BY}, {82, 34, BY}, {84, 2, DOWN},
             {76, 50, BY}, {72, 100, BY}}},
    {4, 20, {{64, 0, DOWN}, {36, 32, BY}, {8, 64, TURN}, {50, 64, BY}, {94, 62, BY}, {65, 0, DOWN},
             {64, 50, BY}, {62, 100, BY}}},
    {4, 18, {{30, 0, DOWN}, {16, 36, BY}, {28, 52, BY}, {60, 44, BY}, {80, 6, TURN}, {72, 54, BY},
             {66, 100, BY}}},
    /* bar apart; bar first; rounded like an S; small bow with a long bar */
    {5, 38, {{28, 4, DOWN}, {22, 40, TURN}, {56, 36, BY}, {82, 60, BY}, {64, 94, BY}, {12, 94, BY},
             {28, 4, DOWN}, {56, 4, BY}, {86, 1, BY}}},
    {5, 28, {{84, 4, DOWN}, {56, 5, BY}, {30, 6, TURN}, {22, 44, TURN}, {58, 42, BY}, {80, 68, BY},
             {54, 98, BY}, {12, 90, BY}}},
    {5, 20, {{84, 6, DOWN}, {48, 4, BY}, {26, 20, BY}, {36, 42, BY}, {66, 58, BY}, {68, 86, BY},
             {38, 99, BY}, {10, 90, BY}}},
    {5, 14, {{36, 6, DOWN}, {28, 50, TURN}, {52, 50, BY}, {62, 72, BY}, {44, 96, BY}, {10, 98, BY},
             {34, 6, DOWN}, {66, 4, BY}, {98, 0, BY}}},
    /* tall stem; straight slanted stem; hooked top; low and closed */
    {6, 38, {{66, 0, DOWN}, {34, 28, BY}, {14, 68, BY}, {36, 99, BY}, {74, 86, BY}, {72, 58, BY},
             {42, 54, BY}, {18, 76, BY}}},
    {6, 22, {{54, 0, DOWN}, {32, 42, BY}, {20, 76, BY}, {38, 100, BY}, {70, 88, BY}, {68, 66, BY},
             {44, 62, BY}, {24, 80, BY}}},
    {6, 22, {{78, 12, DOWN}, {58, 0, BY}, {26, 28, BY}, {12, 68, BY}, {34, 98, BY}, {76, 88, BY},
             {80, 60, BY}, {50, 48, BY}, {18, 66, BY}}},
    {6, 18, {{40, 0, DOWN}, {22, 34, BY}, {14, 72, BY}, {40, 100, BY}, {82, 84, BY}, {74, 54, BY},
             {44, 60, BY}, {32, 84, BY}}},
    /* plain; with a bar; with a serif; with a round shoulder */
    {7, 36, {{10, 6, DOWN}, {46, 6, BY}, {86, 4, TURN}, {60, 50, BY}, {44, 100, BY}}},
    {7, 22, {{12, 8, DOWN}, {46, 7, BY}, {84, 4, TURN}, {60, 46, BY}, {42, 100, BY}, {30, 52, DOWN},
             {56, 50, BY}, {80, 48, BY}}},
    {7, 22, {{12, 26, DOWN}, {14, 8, TURN}, {50, 9, BY}, {86, 6, TURN}, {58, 52, BY}, {46, 100, BY}}},
    {7, 20, {{12, 14, DOWN}, {36, 4, BY}, {64, 8, BY}, {78, 16, BY}, {68, 50, BY}, {56, 100, BY}}},
    /* one stroke from the right; from the middle; two rings; open at the top */
    {8, 36, {{74, 14, DOWN}, {46, 0, BY}, {22, 20, BY}, {46, 44, BY}, {76, 70, BY}, {52, 99, BY},
             {22, 80, BY}, {46, 52, BY}, {74, 28, BY}, {72, 12, BY}}},
    {8, 26, {{52, 46, DOWN}, {24, 26, BY}, {42, 0, BY}, {76, 12, BY}, {60, 42, BY}, {24, 68, BY},
             {28, 96, BY}, {64, 96, BY}, {74, 68, BY}, {48, 44, BY}}},
    {8, 18, {{50, 0, DOWN}, {24, 18, BY}, {40, 44, BY}, {72, 34, BY}, {70, 8, BY}, {48, 0, BY},
             {46, 46, DOWN}, {18, 76, BY}, {48, 100, BY}, {80, 76, BY}, {52, 46, BY}}},
    {8, 20, {{84, 4, DOWN}, {44, 4, BY}, {26, 22, BY}, {54, 48, BY}, {66, 78, BY}, {42, 100, BY},
             {20, 82, BY}, {46, 50, BY}, {90, 10, BY}}},
    /* bowl and straight stem; rounded tail; hooked tail; small bowl */
    {9, 36, {{76, 14, DOWN}, {46, 2, BY}, {18, 26, BY}, {34, 50, BY}, {64, 40, BY}, {78, 12, TURN},
             {70, 56, BY}, {62, 100, BY}}},
    {9, 26, {{74, 20, DOWN}, {54, 0, BY}, {20, 16, BY}, {24, 46, BY}, {60, 42, BY}, {78, 16, BY},
             {74, 56, BY}, {46, 100, BY}}},
    {9, 20, {{76, 20, DOWN}, {50, 0, BY}, {22, 22, BY}, {44, 46, BY}, {76, 22, TURN}, {76, 62, BY},
             {60, 96, BY}, {22, 94, BY}}},
    {9, 18, {{66, 8, DOWN}, {38, 6, BY}, {26, 28, BY}, {48, 40, BY}, {68, 22, BY}, {68, 6, TURN},
             {66, 52, BY}, {64, 100, BY}}},
};
/* clang-format on */
enum { GLYPHS_COUNT = sizeof GLYPHS / sizeof *GLYPHS };

/* A point of the line that the pen follows. */
typedef struct path_point {
  float x, y, radius;
  int starts; /* a stroke starts here: nothing is drawn from the point before */
} path_point;

typedef struct pen_path {
  path_point points[PATH_POINTS];
  size_t count;
} pen_path;

/* Unlike fminf and fmaxf these compile to one instruction each: NaN does not occur. */
static float smaller(float a, float b) {
  return a < b ? a : b;
}

static float larger(float a, float b) {
  return a > b ? a : b;
}

static double between(random_stream *stream, double low, double high) {
  return low + (high - low) * random_uniform(stream);
}

/* Sum of four uniforms: about normal with standard deviation 1, never beyond 3.5, and cheaper than a true
 * one. */
static double bell(random_stream *stream) {
  uint64_t bits = random_u64(stream);
  double sum = 0;
  for (int i = 0; i < 4; i++) sum += (double)(bits >> (16 * i) & 0xffff) * 0x1p-16;
  return (sum - 2) * 1.7320508075688772;
}

static const glyph *choose_glyph(random_stream *stream, uint8_t digit) {
  uint32_t left = random_below(stream, 100);
  const glyph *chosen = NULL;
  for (size_t i = 0; i < GLYPHS_COUNT; i++) {
    if (GLYPHS[i].digit != digit) continue;
    chosen = &GLYPHS[i];
    if (left < chosen->weight) break;
    left -= chosen->weight;
  }
  return chosen;
}

/* Position at time t in [0, 1] of the cubic from p to q with these slopes (Hermite form). */
static double hermite(double p, double q, double slope_p, double slope_q, double t) {
  double u = 1 - t;
  return p * u * u * (1 + 2 * t) + q * t * t * (3 - 2 * t) + slope_p * t * u * u - slope_q * t * t * u;
}

/* Joins the control points by Catmull-Rom splines, broken where a stroke starts or turns. */
static void follow_glyph(pen_path *path, const glyph *shape, random_stream *stream) {
  double x[GLYPH_POINTS], y[GLYPH_POINTS], wobble = between(stream, 1.5, 5.5);
  size_t count = 0;
  for (; shape->points[count].pen != END; count++) {
    x[count] = shape->points[count].x + wobble * bell(stream);
    y[count] = shape->points[count].y + wobble * bell(stream);
  }
  path->count = 0;
  for (size_t i = 0; i < count; i++) {
    const control *here = &shape->points[i];
    if (here->pen == DOWN) {
      path->points[path->count++] = (path_point){.x = (float)x[i], .y = (float)y[i], .starts = 1};
      continue;
    }
    assert(i > 0); /* a shape begins with a point at which the pen goes down */
    size_t before = shape->points[i - 1].pen == BY ? i - 2 : i - 1;
    size_t after = here->pen == BY && here[1].pen != END && here[1].pen != DOWN ? i + 1 : i;
    for (int step = 1; step <= SPAN_STEPS; step++) {
      double t = (double)step / SPAN_STEPS;
      path->points[path->count++] = (path_point){
          .x = (float)hermite(x[i - 1], x[i], (x[i] - x[before]) / 2, (x[after] - x[i - 1]) / 2, t),
          .y = (float)hermite(y[i - 1], y[i], (y[i] - y[before]) / 2, (y[after] - y[i - 1]) / 2, t)};
    }
  }
}

/* Two slow waves along x and y that move points by a few hundredths of the digit's size. */
typedef struct warp {
  double frequency_x[2], frequency_y[2], phase[2], move_x[2], move_y[2];
} warp;

static warp draw_warp(random_stream *stream) {
  warp bend;
  for (int i = 0; i < 2; i++) {
    bend.frequency_x[i] = MATH_PI / 100 * between(stream, -1.1, 1.1);
    bend.frequency_y[i] = MATH_PI / 100 * between(stream, 0.3, 1.4);
    bend.phase[i] = between(stream, 0, 2 * MATH_PI);
    bend.move_x[i] = 6 * bell(stream);
    bend.move_y[i] = 6 * bell(stream);
  }
  return bend;
}

/* Bends the path, then slants, rotates and narrows it. */
static void deform(pen_path *path, uint8_t digit, random_stream *stream) {
  warp bend = draw_warp(stream);
  double width = between(stream, 0.66, 1.1), slant = 0.16 + 0.24 * bell(stream), turn = 0.09 * bell(stream);
  if (digit == 1) slant += 0.12 * bell(stream);
  double cosine = math_cos(turn), sine = math_sin(turn);
  for (size_t i = 0; i < path->count; i++) {
    path_point *point = &path->points[i];
    double x = (double)point->x, y = (double)point->y;
    for (int k = 0; k < 2; k++) {
      double wave = math_sin(bend.frequency_x[k] * x + bend.frequency_y[k] * y + bend.phase[k]);
      point->x += (float)(bend.move_x[k] * wave);
      point->y += (float)(bend.move_y[k] * wave);
    }
    y = (double)point->y - 50;
    x = ((double)point->x - 50) * width - slant * y;
    point->x = (float)(cosine * x - sine * y);
    point->y = (float)(sine * x + cosine * y);
  }
}

/* Makes the ink about `size` pixels wide or high, whichever is more, and puts the mean of the line near the
 * middle. */
static void place(pen_path *path, double size, random_stream *stream) {
  float low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
  double length = 0, mass_x = 0, mass_y = 0;
  for (size_t i = 0; i < path->count; i++) {
    const path_point *point = &path->points[i];
    low_x = smaller(low_x, point->x);
    high_x = larger(high_x, point->x);
    low_y = smaller(low_y, point->y);
    high_y = larger(high_y, point->y);
    if (point->starts) continue;
    double dx = (double)(point->x - point[-1].x), dy = (double)(point->y - point[-1].y);
    double piece = math_sqrt(dx * dx + dy * dy);
    length += piece;
    mass_x += piece * (double)(point->x + point[-1].x) / 2;
    mass_y += piece * (double)(point->y + point[-1].y) / 2;
  }
  double scale = size / (double)larger(high_x - low_x, high_y - low_y);
  double shift_x = SIDE / 2.0 - scale * mass_x / length + 0.5 * bell(stream);
  double shift_y = SIDE / 2.0 - scale * mass_y / length + 0.5 * bell(stream);
  for (size_t i = 0; i < path->count; i++) {
    path->points[i].x = (float)((double)path->points[i].x * scale + shift_x);
    path->points[i].y = (float)((double)path->points[i].y * scale + shift_y);
  }
}

/* The pressure of the pen changes slowly along the line. */
static void press(pen_path *path, double radius, random_stream *stream) {
  double swing = between(stream, 0, 0.25), turns = between(stream, 0.5, 2.5),
         phase = between(stream, 0, 2 * MATH_PI);
  double step = 2 * MATH_PI * turns / (double)path->count;
  for (size_t i = 0; i < path->count; i++)
    path->points[i].radius = (float)(radius * (1 + swing * math_sin(phase + step * (double)i)));
}

/* The first and the last pixel centre that lies between low and high, as far as they are inside the picture.
 */
static int first_pixel(float low) {
  return (int)larger(0, low);
}

static int last_pixel(float high) {
  return (int)smaller(SIDE - 1, high);
}

/* depth[row][column] = the farthest that the pixel's centre lies inside the ink, in pixels; negative outside.
 */
static void stroke_segment(float depth[SIDE][SIDE], const path_point *from, const path_point *to,
                           float soft) {
  float reach = larger(from->radius, to->radius) + soft;
  int left = first_pixel(smaller(from->x, to->x) - reach), right = last_pixel(larger(from->x, to->x) + reach);
  int top = first_pixel(smaller(from->y, to->y) - reach), bottom = last_pixel(larger(from->y, to->y) + reach);
  float dx = to->x - from->x, dy = to->y - from->y, scale = 1 / larger(dx * dx + dy * dy, 1e-12f);
  for (int row = top; row <= bottom; row++)
    for (int column = left; column <= right; column++) {
      float x = (float)column + 0.5f - from->x, y = (float)row + 0.5f - from->y;
      float along = smaller(1, larger(0, (x * dx + y * dy) * scale));
      float off_x = x - along * dx, off_y = y - along * dy;
      float inside =
          from->radius + along * (to->radius - from->radius) - sqrtf(off_x * off_x + off_y * off_y);
      depth[row][column] = larger(depth[row][column], inside);
    }
}

/* Turns depth into grey levels. Pixels without ink are exactly zero, as in MNIST; only ink is noisy. */
static void ink(float depth[SIDE][SIDE], float soft, uint8_t pixels[SIDE * SIDE], random_stream *stream) {
  double level = between(stream, 0.88, 1.15), grain = between(stream, 2, 16);
  for (int i = 0; i < SIDE * SIDE; i++) {
    double cover = (double)depth[i / SIDE][i % SIDE] / (2 * (double)soft) + 0.5;
    pixels[i] = 0;
    if (cover <= 0) continue;
    double noise = grain * ((double)(random_u32(stream) >> 16) * 0x1p-16 - 0.5);
    double grey = 255 * level * fmin(1, cover) + noise;
    pixels[i] = (uint8_t)fmin(255, fmax(0, grey + 0.5));
  }
}

static void render(const pen_path *path, float soft, uint8_t pixels[SIDE * SIDE], random_stream *stream) {
  float depth[SIDE][SIDE];
  for (int i = 0; i < SIDE * SIDE; i++) depth[i / SIDE][i % SIDE] = -SIDE;
  for (size_t i = 1; i < path->count; i++)
    if (!path->points[i].starts) stroke_segment(depth, &path->points[i - 1], &path->points[i], soft);
  ink(depth, soft, pixels, stream);
}

/* Each ten consecutive examples are a permutation of the ten digits, so that any prefix is balanced. */
static uint8_t digit_of(uint64_t seed, uint64_t index) {
  uint32_t order[10];
  for (uint32_t i = 0; i < 10; i++) order[i] = i;
  random_stream stream = random_open(seed, "digits-order", index / 10);
  random_shuffle(&stream, order, 10);
  return (uint8_t)order[index % 10];
}

uint8_t digits_draw(uint64_t seed, uint64_t index, uint8_t pixels[SIDE * SIDE]) {
  random_stream stream = random_open(seed, "digits", index);
  uint8_t digit = digit_of(seed, index);
  pen_path path;
  follow_glyph(&path, choose_glyph(&stream, digit), &stream);
  deform(&path, digit, &stream);
  double radius = fmax(0.75, 1.3 + 0.36 * bell(&stream)), soft = between(&stream, 0.5, 0.9);
  place(&path, (20 - 2 * radius) * between(&stream, 0.88, 1.02), &stream);
  press(&path, radius, &stream);
  render(&path, (float)soft, pixels, &stream);
  return digit;
}
