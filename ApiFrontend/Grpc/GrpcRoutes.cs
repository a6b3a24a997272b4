using Grpc.AspNetCore.Server;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Registers and maps the gRPC services, with the access, limits and time limits of the HTTP routes that do the same.</summary>
internal static class GrpcRoutes
{
    public static void AddShopGrpc(this WebApplicationBuilder builder, FrontendConfiguration configuration)
    {
        builder.Services.AddSingleton(configuration.Grpc);
        if (!configuration.Grpc.Enabled)
            return;
        builder.Services.AddSingleton<GrpcValidation>().AddSingleton<ErrorInterceptor>();
        builder.Services.AddGrpc(o =>
        {
            o.MaxReceiveMessageSize = configuration.Http.MaxRequestBytes;
            o.EnableDetailedErrors = false;
            // A path that no service has is refused as over HTTP.
            o.IgnoreUnknownServices = true;
            o.Interceptors.Add<ErrorInterceptor>();
        });
        // Decompressed messages would have no limit. Configured last, because the framework adds providers where there are none.
        builder.Services.PostConfigure<GrpcServiceOptions>(o => o.CompressionProviders.Clear());
        if (builder.Environment.IsDevelopment())
            builder.Services.AddGrpcReflection();
    }

    public static void MapShopGrpc(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<GrpcOptions>().Enabled)
            return;
        app.MapGrpcService<CatalogService>().ForAnyone().OnlyReads().LimitRate(RateClass.Reads);

        var carts = app.MapGrpcService<CartsService>().ForCustomersAndGuests();
        carts.Method(nameof(CartsService.CreateCart)).ForCustomersGuestsAndNobody();
        carts.Method(nameof(CartsService.GetCart)).OnlyReads().LimitRate(RateClass.Reads);

        var orders = app.MapGrpcService<OrdersService>().ForCustomersAndGuests();
        orders.Method(nameof(OrdersService.PlaceOrder)).Admit(AdmissionClass.Payments).LimitRate(RateClass.Checkout)
            .RequireIdempotencyKey(byGrain: true);
        orders.Method(nameof(OrdersService.GetOrder)).OnlyReads().LimitRate(RateClass.Reads).ForCustomersAndGuests("orders")
            .TakesOrderToken();
        orders.Method(nameof(OrdersService.PayOrder)).Admit(AdmissionClass.Payments).LimitRate(RateClass.Checkout)
            .RequireIdempotencyKey(byGrain: true).TakesOrderToken();
        if (app.Environment.IsDevelopment())
            app.MapGrpcReflectionService().ForAnyone().Admit(AdmissionClass.Free).DisableRequestTimeout().WithMetadata(new StreamedBody());
    }

    /// <summary>Returns a builder for one method of a service.</summary>
    private static OneMethod Method(this IEndpointConventionBuilder service, string name) => new(service, name);

    /// <summary>Applies conventions to one method of a service.</summary>
    private sealed class OneMethod(IEndpointConventionBuilder service, string name) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention) => service.Add(endpoint =>
        {
            if (endpoint.Metadata.OfType<GrpcMethodMetadata>().Any(m => m.Method.Name == name))
                convention(endpoint);
        });
    }
}
