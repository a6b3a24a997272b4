using System.ComponentModel.DataAnnotations;
using SoonShop.ApiFrontend.Localization;

namespace SoonShop.ApiFrontend.Http;

/// <summary>A rule whose fault is said in the language of the request.</summary>
public abstract class FieldRuleAttribute : ValidationAttribute
{
    /// <summary>What is wrong with a value; null when nothing is.</summary>
    /// <param name="value">The value.</param>
    /// <param name="validation">The object that it is a member of, and the services of the request.</param>
    protected abstract ErrorText? FindFault(object? value, ValidationContext validation);

    protected sealed override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        FindFault(value, validationContext)?.ToResult(validationContext);
}

// The framework's own rules know one language. These differ from them in what they say, and the OpenAPI document reads them alike.

/// <summary>A value that must be there. Blank text is not.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class RequiredFieldAttribute : RequiredAttribute
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        IsValid(value) ? ValidationResult.Success
        : ErrorText.Of("field.required", $"The {validationContext.DisplayName} field is required.").ToResult(validationContext);
}

/// <summary>A number between two others, which belong to the range.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class NumberRangeAttribute : RangeAttribute
{
    public NumberRangeAttribute(int minimum, int maximum) : base(minimum, maximum) { }

    public NumberRangeAttribute(double minimum, double maximum) : base(minimum, maximum) { }

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        IsValid(value) ? ValidationResult.Success
        : ErrorText.Of(
            "field.range",
            $"The field {validationContext.DisplayName} must be between {Minimum} and {Maximum}.").ToResult(validationContext);
}

/// <summary>How long text may be, in UTF-16 units.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public class TextLengthAttribute(int maximumLength) : StringLengthAttribute(maximumLength)
{
    protected sealed override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        IsValid(value) ? ValidationResult.Success : Fault(validationContext.DisplayName).ToResult(validationContext);

    private protected virtual ErrorText Fault(string name) => MinimumLength == 0
        ? ErrorText.Of("field.text-length", $"The field {name} must be a string with a maximum length of {MaximumLength}.")
        : ErrorText.Of(
            "field.text-lengths",
            $"The field {name} must be a string with a minimum length of {MinimumLength} and a maximum length of {MaximumLength}.");
}

/// <summary>How many items a list may have at most.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaxItemsAttribute(int length) : MaxLengthAttribute(length)
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        IsValid(value) ? ValidationResult.Success
        : ErrorText.Of(
            "field.items", $"The field {validationContext.DisplayName} must be a string or array type with a maximum length of '{Length}'.")
            .ToResult(validationContext);
}

/// <summary>How many items a list must have at least, and may have at most.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ItemCountAttribute(int minimumLength, int maximumLength) : LengthAttribute(minimumLength, maximumLength)
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        IsValid(value) ? ValidationResult.Success
        : ErrorText.Of(
            "field.items-range",
            $"The field {validationContext.DisplayName} must be a string or collection type with a minimum length of '{MinimumLength}' and "
                + $"maximum length of '{MaximumLength}'.")
            .ToResult(validationContext);
}

/// <summary>A language tag, as far as the shop knows them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LanguageTagAttribute() : RegularExpressionAttribute(LanguageTag.Pattern)
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        IsValid(value) ? ValidationResult.Success
        : LanguageTag.Problem.ToResult(validationContext);
}
