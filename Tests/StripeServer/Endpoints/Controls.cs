using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using SoonShop.StripeTesting.Http;

namespace SoonShop.StripeTesting.Endpoints;

/// <summary>
/// The server's own URLs, none of them Stripe's: what the customer, the bank or the dashboard would do, the books, the webhooks that were
/// sent, and faults. Parameters go in the query.
/// </summary>
internal static class Controls
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    { Converters = { new JsonStringEnumConverter() }, WriteIndented = true };

    public static void MapControls(this IEndpointRouteBuilder app, StripeServer server)
    {
        var test = app.MapGroup("/test").AddEndpointFilter(AnswerErrors);
        test.MapPost("/payment_intents/{id}/authenticate", (string id) => Done(() => server.Authenticate(id)));
        test.MapPost("/payment_intents/{id}/fail_authentication", (string id) => Done(() => server.FailAuthentication(id)));
        test.MapPost("/payment_intents/{id}/expire", (string id) => Done(() => server.ExpireAuthorization(id)));
        test.MapPost("/payment_intents/{id}/end_processing", (string id, bool succeeds) => Done(() => server.EndProcessing(id, succeeds)));
        test.MapPost("/payment_intents/{id}/dispute", (string id, long? amount, string? reason, bool? inquiry) =>
            Results.Json(new { dispute = server.OpenDispute(id, amount, reason ?? "fraudulent", inquiry ?? false) }, Json));
        test.MapGet("/payment_intents/{id}/authentication", (string id, string? client_secret) => Page(server, id, client_secret));
        test.MapPost("/payment_intents/{id}/authentication", (string id, string? client_secret, bool completes) =>
            Finish(server, id, client_secret, completes));
        test.MapPost("/disputes/{id}/close", (string id, bool won) => Done(() => server.CloseDispute(id, won)));
        test.MapPost("/refunds/{id}/succeed", (string id) => Done(() => server.CompleteRefund(id)));
        test.MapPost(
            "/refunds/{id}/fail", (string id, string? reason) => Done(() => server.FailRefund(id, reason ?? "expired_or_canceled_card")));
        test.MapPost(
            "/idempotency_keys/forget", (string? key) => Results.Json(new { forgotten = server.ForgetIdempotencyKeys(key) }, Json));

        test.MapGet("/books", (string? by, bool? details) => Books(server, by ?? "order_id", details ?? false));
        test.MapGet("/webhooks", (int? limit) => Results.Json(new
        {
            pending = server.Webhooks.Pending,
            overflowed = server.Webhooks.Overflowed,
            deliveries = server.Webhooks.Deliveries.Reverse().Take(Math.Clamp(limit ?? 100, 1, 10_000)),
        }, Json));
        test.MapGet("/webhook_targets", () => Results.Json(server.Webhooks.Targets.Select(t => new { t.Url, t.EnabledEvents }), Json));
        test.MapPost("/webhook_targets", (string url, [FromQuery] string[] secret) => Done(() => server.Webhooks.AddTarget(url, secret)));
        test.MapDelete("/webhook_targets", () => Done(server.Webhooks.RemoveTargets));
        test.MapPost("/events/{id}/send", async (string id, double? age_seconds, string? secret, CancellationToken cancellation) =>
            Results.Json(
                new { answers = await server.SendEventAsync(id, TimeSpan.FromSeconds(age_seconds ?? 0), secret, cancellation) }, Json));

        test.MapGet("/faults", () =>
            Results.Json(new { counts = server.Faults.Counts, rates = server.Faults.Rates, kinds = Enum.GetNames<Fault>() }, Json));
        test.MapPost("/faults", (Fault fault, string? route, int? times, int? skip, double? rate) => Done(() =>
        {
            if (rate is { } often)
                server.Faults.SetRate(fault, often);
            else
                server.Faults.Plan(fault, route ?? "*", times ?? 1, skip ?? 0);
        }));
        test.MapPost("/faults/seed", (int seed) => Done(() => server.Faults.Reseed(seed)));
        test.MapDelete("/faults", () => Done(server.Faults.Clear));
    }

    private static IResult Done(Action act)
    {
        act();
        return Results.Json(new { ok = true }, Json);
    }

    private static IResult Books(StripeServer server, string by, bool details)
    {
        var books = server.Books;
        return Results.Json(new
        {
            totals = books.Totals,
            by = books.By(by),
            payments = details ? books.Payments : [],
            refunds = details ? books.Refunds : [],
            disputes = details ? books.Disputes : [],
        }, Json);
    }

    /// <summary>What a bank's page would be: where <c>next_action.redirect_to_url</c> leads.</summary>
    private static IResult Page(StripeServer server, string id, string? secret)
    {
        if (!server.IsClientSecret(id, secret))
            return Results.NotFound();
        var (status, _, amount) = server.Shown(id);
        var url = $"?client_secret={WebUtility.UrlEncode(secret)}&completes=";
        var forms = status == "requires_action"
            ? $"""<form method="post" action="{url}true"><button>Complete</button></form>"""
                + $"""<form method="post" action="{url}false"><button>Fail</button></form>"""
            : $"<p>Nothing to do: the payment is {status}.</p>";
        return Results.Content(
            $"<!doctype html><title>3-D Secure</title><h1>A test of 3-D Secure</h1><p>Payment of {WebUtility.HtmlEncode(amount)}. No money "
                + $"moves.</p>{forms}", "text/html; charset=utf-8");
    }

    private static IResult Finish(StripeServer server, string id, string? secret, bool completes)
    {
        if (!server.IsClientSecret(id, secret))
            return Results.NotFound();
        if (completes)
            server.Authenticate(id);
        else
            server.FailAuthentication(id);
        var (status, returnUrl, _) = server.Shown(id);
        if (returnUrl is null)
            return Results.Content($"<!doctype html><title>3-D Secure</title><p>The payment is {status}.</p>", "text/html; charset=utf-8");
        var outcome = status is "succeeded" or "requires_capture" ? "succeeded" : "failed";
        return Results.Redirect(
            $"{returnUrl}{(returnUrl.Contains('?', StringComparison.Ordinal) ? '&' : '?')}payment_intent={id}"
                + $"&payment_intent_client_secret={WebUtility.UrlEncode(secret)}&redirect_status={outcome}");
    }

    private static async ValueTask<object?> AnswerErrors(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception wrong) when (wrong is ArgumentException or InvalidOperationException)
        {
            return Results.Json(new { error = wrong.Message }, Json, statusCode: (wrong.InnerException as StripeError)?.Status ?? 400);
        }
        catch (HttpRequestException unreachable)
        {
            return Results.Json(new { error = unreachable.Message }, Json, statusCode: 502);
        }
    }
}
