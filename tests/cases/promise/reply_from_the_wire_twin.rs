// The contract itself is public.
pub fn contract() -> &'static [u8] {
    balustrade::grpc::DESCRIPTORS
}
