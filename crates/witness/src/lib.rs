//! Loom's primitives, with a witness who writes down what each thread did.
