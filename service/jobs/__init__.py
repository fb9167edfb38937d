"""Work that takes long: the queue, its two tasks and the workers that run them."""
