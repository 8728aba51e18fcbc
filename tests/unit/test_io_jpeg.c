/* Pictures for pages: JPEG that is the same with every instruction set, and PNG where that is better. */
#include "testing.h"

#include "base/memory.h"
#include "base/random.h"
#include "io/jpeg.h"
#include "io/page_image.h"
#include "picture/picture.h"

#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WIDTH = 117, HEIGHT = 83, BYTES = WIDTH * HEIGHT * 3 };

static despur_error error;
static uint8_t rgb[BYTES];

/* Slow waves of three colours and some noise, as photographs have. */
static int draw_photograph(void **state) {
  (void)state;
  random_stream stream = random_open(1, "test jpeg", 0);
  for (size_t y = 0; y < HEIGHT; y++)
    for (size_t x = 0; x < WIDTH; x++)
      for (size_t c = 0; c < 3; c++) {
        const double wave = 128 + 80 * sin((double)(x * (c + 1)) / 29) * cos((double)(y * (3 - c)) / 31);
        rgb[3 * (y * WIDTH + x) + c] = (uint8_t)(wave + (double)random_below(&stream, 9));
      }
  return 0;
}

#ifdef DESPUR_HAVE_JPEG

static void decoding_gives_nearly_the_pixels_back(void **state) {
  (void)state;
  uint8_t *jpeg;
  size_t bytes;
  picture decoded = {0};
  double sum = 0;
  assert_ok(jpeg_encode(&jpeg, &bytes, WIDTH, HEIGHT, rgb, &error));
  assert_true(bytes < BYTES / 8);
  assert_ok(picture_decode(&decoded, jpeg, bytes, 0, &error));
  assert_true(decoded.width == WIDTH && decoded.height == HEIGHT);
  for (size_t i = 0; i < BYTES; i++) sum += abs(decoded.rgb[i] - rgb[i]);
  assert_true(sum / BYTES < 4);
  picture_release(&decoded);
  mem_free(jpeg);
}

/* What a process of its own writes, in which libjpeg-turbo may use no vector instructions. */
static size_t encode_without_vectors(uint8_t *out, size_t room) {
  int ends[2], status;
  size_t count = 0;
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    uint8_t *jpeg;
    size_t bytes;
    setenv("JSIMD_FORCENONE", "1", 1);
    if (jpeg_encode(&jpeg, &bytes, WIDTH, HEIGHT, rgb, &error) != DESPUR_OK) _exit(1);
    _exit(write(ends[1], jpeg, bytes) == (ssize_t)bytes ? 0 : 1);
  }
  close(ends[1]);
  for (ssize_t some; (some = read(ends[0], out + count, room - count)) > 0;) count += (size_t)some;
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return count;
}

/* Comes first: the library looks once what the processor can do. */
static void instruction_sets_change_nothing(void **state) {
  (void)state;
  static uint8_t plain[BYTES];
  uint8_t *jpeg;
  size_t bytes;
  const size_t count = encode_without_vectors(plain, sizeof plain);
  assert_ok(jpeg_encode(&jpeg, &bytes, WIDTH, HEIGHT, rgb, &error));
  assert_int_equal(count, bytes);
  assert_memory_equal(plain, jpeg, bytes);
  mem_free(jpeg);
}

/* Noise takes more than any photograph, and sides that are no multiples of blocks are filled up. */
static void no_picture_is_larger_than_its_room(void **state) {
  (void)state;
  static uint8_t noise[BYTES];
  random_stream stream = random_open(2, "test jpeg", 0);
  for (size_t i = 0; i < BYTES; i++) noise[i] = (uint8_t)random_below(&stream, 256);
  for (size_t width = 1; width <= 33; width += 16)
    for (size_t height = 1; height <= 33; height += 8) {
      uint8_t *jpeg;
      size_t bytes;
      picture decoded = {0};
      assert_ok(jpeg_encode(&jpeg, &bytes, width, height, noise, &error));
      assert_ok(picture_decode(&decoded, jpeg, bytes, 0, &error));
      assert_true(decoded.width == width && decoded.height == height);
      picture_release(&decoded);
      mem_free(jpeg);
    }
}

#endif

static void pages_get_the_smaller_or_the_exact_one(void **state) {
  (void)state;
  static uint8_t drawing[BYTES];
  page_image image;
  picture decoded = {0};
  assert_ok(page_image_encode(&image, WIDTH, HEIGHT, rgb, false, &error));
#ifdef DESPUR_HAVE_JPEG
  assert_true(image.is_jpeg);
#else
  assert_false(image.is_jpeg);
#endif
  page_image_release(&image);
  assert_ok(page_image_encode(&image, WIDTH, HEIGHT, rgb, true, &error));
  assert_false(image.is_jpeg);
  assert_ok(picture_decode(&decoded, image.bytes, image.count, 0, &error));
  assert_memory_equal(decoded.rgb, rgb, BYTES);
  picture_release(&decoded);
  page_image_release(&image);
  for (size_t i = 0; i < BYTES; i++) drawing[i] = i / 3 % WIDTH < 40 ? 255 : 20;
  assert_ok(page_image_encode(&image, WIDTH, HEIGHT, drawing, false, &error));
  assert_false(image.is_jpeg);
  page_image_release(&image);
}

static void pictures_that_cannot_be_are_refused(void **state) {
  (void)state;
  page_image image;
#ifdef DESPUR_HAVE_JPEG
  uint8_t *jpeg;
  size_t bytes;
  assert_fails(jpeg_encode(&jpeg, &bytes, 0, 5, rgb, &error), DESPUR_BAD_INPUT, "0 x 5 pixels");
  assert_null(jpeg);
  assert_fails(jpeg_encode(&jpeg, &bytes, 5, 65501, rgb, &error), DESPUR_BAD_INPUT, "only 1 to 65500 a side");
#endif
  assert_fails(page_image_encode(&image, 0, 5, rgb, false, &error), DESPUR_BAD_INPUT, "0 x 5 pixels");
  assert_null(image.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#ifdef DESPUR_HAVE_JPEG
      cmocka_unit_test(instruction_sets_change_nothing),
      cmocka_unit_test(decoding_gives_nearly_the_pixels_back),
      cmocka_unit_test(no_picture_is_larger_than_its_room),
#endif
      cmocka_unit_test(pages_get_the_smaller_or_the_exact_one),
      cmocka_unit_test(pictures_that_cannot_be_are_refused),
  };
  return cmocka_run_group_tests(tests, draw_photograph, NULL);
}
