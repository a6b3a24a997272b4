using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SoonShop.Client.Sending;

namespace SoonShop.Client;

/// <summary>Adds the client to an application.</summary>
public static class SoonShopServices
{
    /// <summary>
    /// Adds <see cref="SoonShopClient"/> as a typed <see cref="HttpClient"/>. Options that are wrong end the start of the application with
    /// an <see cref="OptionsValidationException"/> that names all of them.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets at least <see cref="SoonShopClientOptions.Address"/>.</param>
    /// <returns>For further handlers, and for settings of the transport such as a proxy.</returns>
    public static IHttpClientBuilder AddSoonShopClient(this IServiceCollection services, Action<SoonShopClientOptions> configure)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SoonShopClientOptions>, SoonShopClientOptionsValidator>());
        services.AddOptions<SoonShopClientOptions>().Configure(configure).ValidateOnStart();
        return services.AddHttpClient(nameof(SoonShopClient))
            .AddTypedClient((http, provider) => new SoonShopClient(http, Options(provider)))
            .AddHttpMessageHandler(() => new IdempotencyKeyHandler())
            .AddHttpMessageHandler(provider => new CredentialsHandler(Options(provider)))
            .AddHttpMessageHandler(provider => new RetryHandler(Options(provider)))
            .AddHttpMessageHandler(provider => new AnswerHandler(Options(provider)));
    }

    private static SoonShopClientOptions Options(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<SoonShopClientOptions>>().Value;
}
