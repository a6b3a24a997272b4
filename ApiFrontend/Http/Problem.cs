using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;
using SoonShop.ApiFrontend.Grpc;
using SoonShop.ApiFrontend.Localization;
using SoonShop.ApiFrontend.Pricing;

namespace SoonShop.ApiFrontend.Http;

/// <summary>An error as an RFC 9457 problem.</summary>
internal sealed class Problem(Error error) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => ProblemCodes.StatusOf(error.Code);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (httpContext.Request.IsGrpc())
        {
            GrpcProblem.Write(httpContext, error);
            return Task.CompletedTask;
        }
        var details = new ProblemDetails { Status = StatusCode };
        var language = Complete(httpContext, details, error.Code);
        details.Detail = DetailOf(error, language);
        if (error.Errors is not null)
            details.Extensions["errors"] = ErrorsOf(error, error.Errors, language);
        if (error.OrderId is not null)
            details.Extensions["orderId"] = error.OrderId;
        if (error.Lines is not null)
            details.Extensions["lines"] = error.Lines;
        if (error.Quote is not null)
            details.Extensions["quote"] = error.Quote with { Prices = error.Quote.Prices?.Translate(language) };
        if (error.DeclineCode is not null)
            details.Extensions["declineCode"] = error.DeclineCode;
        if (WaitOf(error) is { } wait)
            httpContext.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
        httpContext.Response.StatusCode = details.Status!.Value;
        return httpContext.Response.WriteAsJsonAsync(details, options: null, contentType: "application/problem+json");
    }

    /// <summary>Sets a problem's type, title, instance and trace id, in the client's preferred language. Returns that language.</summary>
    public static Messages Complete(HttpContext context, ProblemDetails details, string code)
    {
        var language = Messages.For(context.Request);
        details.Type = context.RequestServices.GetRequiredService<HttpOptions>().ProblemTypeBase + code;
        details.Title = language[$"title.{code}"] is { ResourceNotFound: false } title
            ? title
            : char.ToUpperInvariant(code[0]) + code[1..].Replace('-', ' ');
        details.Instance = context.Request.Path;
        details.Extensions["traceId"] = context.TraceId();
        var headers = context.Response.Headers;
        headers.ContentLanguage = language.Language;
        headers.AppendCommaSeparatedValues("Vary", "Accept-Language");
        // RFC 9110, section 15.5.2: a 401 response tells how to authenticate.
        if (details.Status == StatusCodes.Status401Unauthorized && headers.WWWAuthenticate.Count == 0)
            headers.WWWAuthenticate = "Bearer";
        return language;
    }

    /// <summary>Returns what is wrong, in a language.</summary>
    public static string DetailOf(Error error, Messages language) =>
        error.Text is { } text ? language.Text(Translated(text, error.Translations, language)) : error.Detail;

    /// <summary>Returns how long a client waits before it repeats the request; null when a repetition does not help.</summary>
    public static TimeSpan? WaitOf(Error error) => error.RetryAfter ?? DefaultWait(ProblemCodes.StatusOf(error.Code));

    /// <summary>Returns the text with the translations that came with its error in place of the English arguments.</summary>
    private static ErrorText Translated(ErrorText text, ImmutableArray<Translation> translations, Messages language)
    {
        if (translations.IsDefaultOrEmpty)
            return text;
        ErrorText Own(ErrorText argument) =>
            translations.FirstOrDefault(t => t.Language == language.Language && t.English == argument.English) is { } own
                ? ErrorText.Untranslated(own.Text)
                : argument;
        return text with { Arguments = [.. text.Arguments.Select(Own)] };
    }

    /// <summary>Returns the faults of each invalid field. A silo of an earlier version sends the English texts only.</summary>
    public static Dictionary<string, string[]> ErrorsOf(
        Error error, IReadOnlyDictionary<string, string[]> english, IStringLocalizer language) =>
        error.FieldErrors.IsDefaultOrEmpty
            ? english.ToDictionary()
            : error.FieldErrors.ToDictionary(e => e.Field, e => e.Texts.Select(language.Text).ToArray());

    /// <summary>The default wait for errors without a time: short, but not immediate.</summary>
    private static TimeSpan? DefaultWait(int? status) =>
        status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable ? TimeSpan.FromSeconds(2) : null;
}
