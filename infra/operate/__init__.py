"""What operations does to a running stack, with the product's own code, on AWS and on the local stack alike."""
