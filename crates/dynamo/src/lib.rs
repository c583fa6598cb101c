//! A Dynamo-style dual runtime: primary, secondary, tokens, phased shutdown, node.
