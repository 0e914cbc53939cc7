ALTER TABLE "price" ADD COLUMN "image_price" INTEGER;
