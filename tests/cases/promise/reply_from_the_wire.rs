// error[E0603]
pub fn make() -> balustrade::grpc::wire::DecideBidResponse {
    balustrade::grpc::wire::DecideBidResponse::default()
}
