//! Descriptors as contracts, which outlive the program.

use redisrpc_contract::{Argument, Contract, Method};

use super::{ArgumentDescriptor, MethodDescriptor, ServiceDescriptor};

impl From<&ServiceDescriptor> for Contract {
    /// The descriptor as data that can be kept, sent and compared.
    fn from(service: &ServiceDescriptor) -> Self {
        let mut contract = Self::new(service.name);
        service.doc.clone_into(&mut contract.doc);
        contract.methods = service.methods.iter().map(|it| Method::from(*it)).collect();
        contract
    }
}

impl From<&MethodDescriptor> for Method {
    fn from(descriptor: &MethodDescriptor) -> Self {
        let mut method = Self::new(descriptor.name);
        descriptor.doc.clone_into(&mut method.doc);
        method.arguments = descriptor.arguments.iter().map(Argument::from).collect();
        descriptor.returns.clone_into(&mut method.returns);
        method.error = descriptor.error.map(str::to_owned);
        method.timeout_ms = descriptor.timeout_ms;
        method.oneway = descriptor.oneway;
        method.idempotent = descriptor.idempotent;
        method.aliases = owned(descriptor.aliases);
        method
    }
}

impl From<&ArgumentDescriptor> for Argument {
    fn from(descriptor: &ArgumentDescriptor) -> Self {
        let mut argument = Self::new(descriptor.name, descriptor.type_text);
        argument.default = descriptor.default;
        argument.rest = descriptor.rest;
        argument.aliases = owned(descriptor.aliases);
        argument
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
