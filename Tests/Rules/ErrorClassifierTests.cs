using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Orleans.Storage;
using SoonShop.Events;
using SoonShop.Silo.Events;

namespace SoonShop.Tests.Rules;

public sealed class ErrorClassifierTests
{
    private static readonly ErrorClassifier Classifier = new(DatabaseErrors.Rules);

    public static TheoryData<ErrorClass, string, Exception> Errors => new()
    {
        { ErrorClass.Transient, "time-out", new TimeoutException() },
        { ErrorClass.Transient, "cancelled", new TaskCanceledException() },
        { ErrorClass.Transient, "conflict", new InconsistentStateException("stale") },
        { ErrorClass.Transient, "unavailable", new UnavailableException("busy") },
        { ErrorClass.Network, "socket", new SocketException((int)SocketError.ConnectionRefused) },
        { ErrorClass.Network, "http without an answer", new HttpRequestException("refused") },
        { ErrorClass.Transient, "http 503", new HttpRequestException("busy", null, HttpStatusCode.ServiceUnavailable) },
        { ErrorClass.Transient, "http 429", new HttpRequestException("slow", null, HttpStatusCode.TooManyRequests) },
        { ErrorClass.Permanent, "http 404", new HttpRequestException("gone", null, HttpStatusCode.NotFound) },
        { ErrorClass.Serialization, "JSON", new JsonException("nonsense") },
        { ErrorClass.Serialization, "unreadable", new UnreadableEventException("nonsense") },
        { ErrorClass.Permanent, "not supported", new NotSupportedException() },
        { ErrorClass.Business, "said so", new HandlingException(ErrorClass.Business, "no") },
        { ErrorClass.System, "bug", new FormatException() },
        { ErrorClass.System, "bug", new InvalidOperationException() },
        { ErrorClass.Network, "wrapped", new InvalidOperationException("it", new SocketException(1)) },
        { ErrorClass.Network, "wrapped twice", new AggregateException(new TargetInvocationException(new IOException())) },
        { ErrorClass.Permanent, "unique", new PostgresException("twice", "ERROR", "ERROR", "23505") },
        { ErrorClass.Permanent, "bad data", new PostgresException("bad", "ERROR", "ERROR", "22001") },
        { ErrorClass.Permanent, "bad SQL", new PostgresException("bad", "ERROR", "ERROR", "42601") },
        { ErrorClass.Transient, "deadlock", new PostgresException("circle", "ERROR", "ERROR", "40P01") },
        { ErrorClass.Transient, "shutdown", new PostgresException("bye", "FATAL", "FATAL", "57P01") },
        { ErrorClass.Network, "connection", new NpgsqlException("lost", new IOException()) },
        { ErrorClass.Transient, "pool", new NpgsqlException("exhausted", new TimeoutException()) },
    };

    [Theory]
    [MemberData(nameof(Errors), DisableDiscoveryEnumeration = true)]
    public void an_error_has_a_class(ErrorClass expected, string what, Exception error) =>
        Assert.True(expected == Classifier.Classify(error), what);

    [Fact]
    public void rules_that_are_added_go_first_and_those_by_type_before_those_by_message()
    {
        var options = new EventsOptions
        {
            ErrorRules =
            {
                ["message"] = new() { Message = "card .* expired", Class = ErrorClass.Business },
                ["type"] = new() { Exception = "TimeoutException", Class = ErrorClass.Permanent },
                ["base type"] = new() { Exception = "System.ArithmeticException", Class = ErrorClass.Transient },
            },
        };
        var classifier = new ErrorClassifier(options.ToErrorRules().Concat(DatabaseErrors.Rules));
        Assert.Equal(ErrorClass.Permanent, classifier.Classify(new TimeoutException("card 1 expired")));
        Assert.Equal(ErrorClass.Business, classifier.Classify(new InvalidOperationException("the card 4711 has expired")));
        Assert.Equal(ErrorClass.Transient, classifier.Classify(new DivideByZeroException()));
        Assert.Equal(ErrorClass.System, classifier.Classify(new InvalidOperationException("else")));
    }

    [Fact]
    public void a_rule_can_ask_more_than_the_type()
    {
        var classifier = new ErrorClassifier([
            ErrorRule.For<ArgumentException>(ErrorClass.Business, e => e.ParamName == "amount"),
            ErrorRule.Matching(new Regex("later", RegexOptions.NonBacktracking), ErrorClass.Transient)]);
        Assert.Equal(ErrorClass.Business, classifier.Classify(new ArgumentException("m", "amount")));
        Assert.Equal(ErrorClass.System, classifier.Classify(new ArgumentException("m", "other")));
        Assert.Equal(ErrorClass.Transient, classifier.Classify(new ArgumentException("try later")));
    }

    [Theory]
    [InlineData("order 4711 of 'ada@example.com' broke", "order 12 of 'bob@example.com' broke", true)]
    [InlineData("cart 0af76519-16cd-43dd-8448-eb211c80319c at 10:15", "cart c80319c0-16cd-43dd-8448-eb211c803aaa at 23:59", true)]
    [InlineData("user 0af7651916cd43dd8448eb211c80319c is away", "user 1af7651916cd43dd8448eb211c80319d is away", true)]
    [InlineData("can't reach \"mail.example.com\":25", "can't reach \"smtp.example.org\":587", true)]
    [InlineData("order not found", "product not found", false)]
    public void messages_of_one_fault_have_one_fingerprint(string one, string other, bool same) =>
        Assert.Equal(same, ErrorFingerprint.Of("X", one) == ErrorFingerprint.Of("X", other));

    [Fact]
    public void errors_of_two_types_have_two_fingerprints() =>
        Assert.NotEqual(ErrorFingerprint.Of("X", "m"), ErrorFingerprint.Of("Y", "m"));

    [Fact]
    public void an_error_is_kept_in_bounded_and_storable_text()
    {
        var kept = AttemptError.Of(
            new InvalidOperationException(new string('x', 1998) + "a\0😀" + new string('y', 20_000)), ErrorClass.System, "here");
        Assert.True(kept.Message.Length <= 2001 && kept.Stack.Length <= 8001);
        Assert.DoesNotContain('\0', kept.Message);
        Assert.False(char.IsHighSurrogate(kept.Message[^2]));
    }
}
