#include "despur/picture_model.h"

void despur_picture_model_close(despur_picture_model *model) {
  if (model->close) model->close(model->self);
  *model = (despur_picture_model){0};
}
