"""What is sold: categories, products, offers, images, and the files that bring them in."""
