using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Localization;

namespace SoonShop.ApiFrontend.Localization;

/// <summary>Registers the texts, and gives errors and validation rules the client's language.</summary>
internal static class LocalizationExtensions
{
    /// <summary>
    /// An <see cref="IStringLocalizer"/> for each request. It is made when a rule is broken: a good request costs nothing.
    /// </summary>
    public static IServiceCollection AddShopLocalization(this IServiceCollection services) => services.AddScoped<IStringLocalizer>(s =>
        s.GetRequiredService<IHttpContextAccessor>().HttpContext is { } context ? Messages.For(context.Request) : Messages.English);

    /// <summary>The text in the localizer's language; in English where the language does not have it.</summary>
    public static string Text(this IStringLocalizer localizer, ErrorText text)
    {
        if (text.Key is null)
            return text.Languages?.GetValueOrDefault(localizer is Messages messages ? messages.Language : "en") ?? text.English;
        ImmutableArray<ErrorText> arguments = text.Arguments.IsDefault ? [] : text.Arguments;
        var found = localizer[text.Key, [.. arguments.Select(object (argument) => localizer.Text(argument))]];
        return found.ResourceNotFound ? text.English : found.Value;
    }

    /// <summary>The fault of the value that is being validated, in the language of the request.</summary>
    public static ValidationResult ToResult(this ErrorText fault, ValidationContext? validation) => new(
        (validation?.GetService(typeof(IStringLocalizer)) as IStringLocalizer ?? Messages.English).Text(fault),
        validation?.MemberName is { } member ? [member] : null);
}
