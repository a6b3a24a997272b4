#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Validation;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Applies the rules of the HTTP API to requests over gRPC: those of its bodies, and those of its handlers' parameters.</summary>
internal sealed class GrpcValidation(IOptions<ValidationOptions> options)
{
    /// <summary>The rules of the parameters of a handler, by name. There are as many as handlers that are asked for.</summary>
    private static readonly ConcurrentDictionary<MethodInfo, FrozenDictionary<string, ValidationAttribute[]>> Rules = new();

    /// <summary>Validates a body, and ends the call if it is invalid. Returns the body.</summary>
    public async ValueTask<T> CheckAsync<T>(HttpContext context, T body) where T : class
    {
        if (!options.Value.TryGetValidatableTypeInfo(typeof(T), out var rules))
            throw new InvalidOperationException($"There are no rules for {typeof(T).Name}: no HTTP handler takes it.");
        var validation = new ValidateContext
        {
            ValidationOptions = options.Value,
            ValidationContext = new ValidationContext(body, context.RequestServices, null),
        };
        await rules.ValidateAsync(body, validation, context.RequestAborted);
        if (validation.ValidationErrors is { Count: > 0 } broken)
            throw new CallException(Error.Invalid(broken.ToDictionary(
                e => FieldNames.CamelCase(e.Key), e => Array.ConvertAll(e.Value, ErrorText.Untranslated))));
        return body;
    }

    /// <summary>Validates values by the rules of the handler's parameters with these names, and ends the call if one is invalid.</summary>
    public static void Check(HttpContext context, Delegate handler, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        var rules = Rules.GetOrAdd(handler.Method, RulesOf);
        foreach (var (name, value) in values)
        {
            if (value is null)
                continue;
            var about = new ValidationContext(value, context.RequestServices, null) { MemberName = name, DisplayName = name };
            var faults = rules[name].Select(r => r.GetValidationResult(value, about)?.ErrorMessage).OfType<string>().ToArray();
            if (faults.Length > 0)
                errors[name] = Array.ConvertAll(faults, ErrorText.Untranslated);
        }
        if (errors.Count > 0)
            throw new CallException(Error.Invalid(errors));
    }

    private static FrozenDictionary<string, ValidationAttribute[]> RulesOf(MethodInfo handler) => handler.GetParameters()
        .ToFrozenDictionary(p => p.Name!, p => p.GetCustomAttributes<ValidationAttribute>().ToArray());
}
